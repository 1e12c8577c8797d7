"""What people hold in a notebook: an exploration that shows itself."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kueue_sim.exploring.exploration import Exploration

if TYPE_CHECKING:
    from kueue_sim.inputs.repository.given import Given
    from kueue_sim.inputs.text.overrides import Override


class Sliders(Exploration):
    """An exploration that a notebook shows as sliders, a picture and a table; that needs the extra ``explore``."""

    def _ipython_display_(self) -> None:
        from IPython.display import display

        from kueue_sim.exploring.notebook import widget

        display(widget(self))  # type: ignore[no-untyped-call]


def explore(given: "Given | Sequence[Given]", overrides: "Sequence[Override]" = ()) -> Sliders:
    """Sliders for the quotas, limits and weights of a scenario, over a live chart of use and waits, in a notebook.

    ``given`` is what ``load_scenario`` takes, such as the name of a file; ``overrides`` hold for every run. Needs the
    extra ``explore`` when it is shown. Raises InputError.
    """
    return Sliders(given, overrides)


__all__ = ["Sliders", "explore"]
