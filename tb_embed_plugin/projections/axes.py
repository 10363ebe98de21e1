"""The engine `axes`: axes that mean something, between classes or groups of samples.

Whatever the kind, there are up to ten orthonormal axes in one coordinate system for all steps.
The first ones are those that were asked for; the others are the PCA of what is orthogonal to
them, so that the page can turn and tour here too. Differences are taken within a step and then
averaged over the basis steps: a drift of the whole layer between steps is none of classes.
"""

from __future__ import annotations

from tb_embed_plugin.projections.basis import BASIS_STEPS, CENTER_STEPS
from tb_embed_plugin.projections.engine import Engine, Parameter
from tb_embed_plugin.projections.scaling import PARAMETERS

CLASS_KINDS = ("class_means", "lda")
"""The kinds of axes that are made from the classes of a column."""

ENGINE = Engine(
    name="axes",
    title="Class axes (LDA / means)",
    components=(2, 3, 10),
    parameters=(
        Parameter(
            name="kind",
            type="choice",
            default="class_means",
            meaning="class_means: the plane in which the classes' means lie farthest apart; "
            "lda: the directions that separate classes best, seen from their spread inside; "
            "groups: from one group of samples to another.",
            choices=("class_means", "lda", "groups"),
        ),
        Parameter(
            name="column",
            type="column",
            default="",
            meaning="For class_means and lda: the column whose categories are the classes; "
            "left out, the label.",
        ),
        Parameter(
            name="shrinkage",
            type="number",
            default=0.2,
            meaning="For lda: how far the spread inside classes is drawn towards one that is "
            "equal in all directions.",
            low=1e-6,
            high=1,
        ),
        Parameter(
            name="left",
            type="samples",
            default="",
            meaning="For groups: the samples on the left of the first axis.",
        ),
        Parameter(
            name="right",
            type="samples",
            default="",
            meaning="For groups: the samples on its right.",
        ),
        Parameter(
            name="down",
            type="samples",
            default="",
            meaning="For groups: the samples below on the second axis; left out with up, it is "
            "the direction of largest variance orthogonal to the first.",
        ),
        Parameter(
            name="up",
            type="samples",
            default="",
            meaning="For groups: the samples above on the second axis.",
        ),
        BASIS_STEPS,
        CENTER_STEPS,
        *PARAMETERS,
    ),
)
