"""What is wrong with the page as it stands: barriers, silent controls, faults of its layout."""

from __future__ import annotations

from pathlib import Path

from tests.browser.tab import Tab

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"

SILENT = """() => [...document.querySelectorAll("button, select, input, summary, textarea")]
    .filter(one => one.checkVisibility() && one.closest("[title]") === null)
    .map(one => one.outerHTML.slice(0, 120))"""

FAULTS = """
() => {
  const seen = one => {
    const box = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    return box.width > 1 && box.height > 1 && style.visibility !== "hidden"
      && style.clipPath === "none" && one.checkVisibility();
  };
  const all = [...document.querySelectorAll("body *")].filter(seen);
  const name = one => `${one.tagName} ${one.className} "${one.textContent.slice(0, 30)}"`;
  const box = one => one.getBoundingClientRect();

  const scrolled = one => {
    for (let above = one.parentElement; above; above = above.parentElement) {
      if (getComputedStyle(above).overflowY === "auto") return true;
    }
    return false;
  };
  const seen_box = one => {
    // What has been scrolled out of its panel overlaps nothing.
    let {left, right, top, bottom} = box(one);
    for (let above = one.parentElement; above; above = above.parentElement) {
      if (getComputedStyle(above).overflowY !== "auto") continue;
      top = Math.max(top, box(above).top);
      bottom = Math.min(bottom, box(above).bottom);
    }
    return {left, right, top, bottom};
  };
  const outside = ({left, top, right, bottom}) =>
    right > innerWidth + 1 || bottom > innerHeight + 1 || left < -1 || top < -1;
  const cut = one => one.scrollWidth > one.clientWidth + 1
    && getComputedStyle(one).overflowX !== "visible";
  const has_text = one => [...one.childNodes].some(
    node => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const controls = all.filter(one => one.matches("button, select, input, label:has(input)"));
  const beyond_edge = one => {
    // A panel that scrolls up and down alone hides what is too wide for it.
    for (let above = one.parentElement; above; above = above.parentElement) {
      const across = getComputedStyle(above).overflowX;
      if (across === "visible") continue;
      return across === "hidden" && !above.matches("body, html")
        && (box(one).right > box(above).right + 1 || box(one).left < box(above).left - 1);
    }
    return false;
  };
  const out_of_sight = one => beyond_edge(one) || outside(box(one)) && !scrolled(one);
  const clipped = all
    .filter(one => has_text(one) && !one.matches("option, svg *, legend"))
    .filter(one => cut(one) || out_of_sight(one))
    .concat(controls.filter(one => !has_text(one) && out_of_sight(one)));

  // What lies over the page, a menu or a folded-out panel, may cover what it will.
  const sheet = one => {
    for (let above = one; above; above = above.parentElement) {
      if (above.matches("dialog") || getComputedStyle(above).zIndex !== "auto") return above;
    }
    return null;
  };
  const overlapping = [];
  const laid = controls.map(one => ({one, box: seen_box(one), sheet: sheet(one)}));
  laid.forEach(({one: a, box: p, sheet: over}, i) => laid.slice(i + 1).forEach(other => {
    const {one: b, box: q} = other;
    if (a.contains(b) || b.contains(a) || over !== other.sheet) return;
    const wide = Math.min(p.right, q.right) - Math.max(p.left, q.left);
    const high = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
    if (wide > 1 && high > 1) overlapping.push(`${name(a)} and ${name(b)}`);
  }));
  const modal = document.querySelector("dialog:modal");
  const covered = controls.filter(one => {
    if (sheet(one) === null || modal !== null && !modal.contains(one)) return false;
    const {left, right, top, bottom} = seen_box(one);
    if (bottom - top < 4) return false;
    const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return hit !== null && !one.contains(hit) && !hit.contains(one);
  });
  const root = document.documentElement;
  const scrolls = root.scrollWidth > innerWidth || root.scrollHeight > innerHeight;
  return [
    ...clipped.map(one => `cut: ${name(one)}`),
    ...overlapping.map(pair => `overlapping: ${pair}`),
    ...covered.map(one => `covered: ${name(one)}`),
    ...(scrolls ? ["the page scrolls"] : []),
  ];
}
"""


def barriers(tab: Tab, *, contrast_alone: bool = False) -> list[str]:
    """Returns the findings, each with the first element that it is about.

    Args:
        tab: What is audited.
        contrast_alone: Whether only the colors are, as another theme changes no more.
    """
    body = tab.frame.locator("body")
    if not body.evaluate("() => Boolean(window.axe)"):
        body.evaluate("(_, code) => { (0, eval)(code); }", AXE.read_text())
    found: list[str] = body.evaluate(
        """(_, rules) => axe.run(document, {resultTypes: ["violations"], ...rules})
            .then(({violations}) =>
            violations.map(({id, impact, nodes}) => `${impact} ${id}: ${nodes[0].html}`))""",
        {"runOnly": ["color-contrast"]} if contrast_alone else {},
    )
    return found


def silent(tab: Tab) -> list[str]:
    """Returns the controls that do not say in a tooltip what they do."""
    found: list[str] = tab.frame.locator("body").evaluate(SILENT)
    return found


def faults(tab: Tab) -> list[str]:
    """Returns the texts that are cut, what overlaps, and whether the page scrolls."""
    found: list[str] = tab.frame.locator("body").evaluate(FAULTS)
    return found
