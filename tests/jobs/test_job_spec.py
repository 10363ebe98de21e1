"""What a worker is told: a projection is the same on both sides of a line of JSON."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tb_embed_plugin.jobs.job_spec import JobSpec
from tb_embed_plugin.projection import AlignedTo, LayerRef, Projection
from tb_embed_plugin.projections import engines

layers = st.builds(LayerRef, run=st.text(), layer=st.text())
steps = st.lists(st.integers(0, 10**12)).map(tuple)
projections = st.sampled_from(sorted(engines.FACTS)).flatmap(
    lambda name: st.builds(
        Projection,
        layer=layers,
        engine=st.just(name),
        settings=st.just(engines.FACTS[name].settings({})),
        components=st.sampled_from(engines.FACTS[name].components),
        basis_steps=steps,
        groups=st.lists(steps, max_size=4).map(tuple),
        aligned_to=st.none()
        | st.builds(AlignedTo, layer=layers, match=st.sampled_from(["epoch", "step", "last"])),
    )
)


@given(
    st.builds(
        JobSpec,
        roots=st.lists(st.tuples(st.text(), st.text())).map(tuple),
        projection=projections,
        steps=steps,
        order=st.sampled_from(["backwards", "outwards"]),
        label=st.none() | st.text(),
    )
)
def test_a_job_is_read_back_as_it_was_written(spec: JobSpec) -> None:
    line = spec.to_line()

    assert line.count("\n") == 1, "a line, whatever is in its names"
    assert JobSpec.from_line(line) == spec
    assert JobSpec.from_line(line).projection.home == spec.projection.home
