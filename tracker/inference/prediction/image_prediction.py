"""What trained networks answer to one image, as a plain record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ImagePrediction:
    """What one network, or several together, answered to one image.

    Attributes:
        image: Its path below the folder that was asked about, or as the table or the user wrote it.
        id: What a table with a column `id` calls it; empty elsewhere.
        probabilities: One a class, by class name; of several networks the mean. Empty where it is unreadable.
        calibrated: The same at the networks' temperatures; empty where a network has none.
        decision: The class that it is called; empty where it is unreadable.
        threshold: The finding's probability from which it is called so; None: it is called what is likeliest.
        disagreement: Of several networks, the standard deviation of the finding's probability over them, or
            where there is no finding the mean of all classes'; None of one network.
        agreement: Of several networks, the share that decided the same by itself; None of one network.
        problem: Why it cannot be read; empty where it was.
        file: The size and the time of the last change of its file, by which a changed one is known; empty
            where it may be readable another time.
    """

    image: str
    id: str = ""
    probabilities: Mapping[str, float] = field(default_factory=dict)
    calibrated: Mapping[str, float] = field(default_factory=dict)
    decision: str = ""
    threshold: float | None = None
    disagreement: float | None = None
    agreement: float | None = None
    problem: str = ""
    file: str = ""
