"""What is looked for in a volume."""

from dataclasses import dataclass

from hsmc.errors import InputError

NAMES = ("large", "small")


@dataclass(frozen=True, slots=True)
class DetectionOptions:
    """What is looked for. Of two numbers the first is the large species'.

    Attributes:
        diameters: Diameters of what is seen (the cores), in nm.
        thresholds: Heights of peaks over the typical one above which they are particles; None
            finds them.
        closest: Distance between two particles of a species, over its diameter, below which they
            are one.
    """

    diameters: tuple[float, float] = (6.5, 3.4)
    thresholds: tuple[float | None, float | None] = (None, None)
    closest: float = 0.6

    def __post_init__(self) -> None:
        if not 0.0 < self.diameters[1] < self.diameters[0]:
            message = f"diameters are {self.diameters} nm, need 0 < small < large"
            raise InputError(message)
        for name, level in zip(NAMES, self.thresholds, strict=True):
            if level is not None and not 0.0 < level < 1.5:
                message = f"threshold of the {name} species is {level:g}, needs to be in (0, 1.5)"
                raise InputError(message)
        if not 0.0 < self.closest < 1.5:
            message = f"closest is {self.closest:g}, needs to be in (0, 1.5)"
            raise InputError(message)
