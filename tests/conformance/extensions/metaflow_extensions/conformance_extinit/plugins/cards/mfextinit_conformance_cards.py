"""Says which cards this extension has."""

from .one import CardOfExtinit
from .two import CardOfExtinitMore

CARDS = [CardOfExtinit, CardOfExtinitMore]
