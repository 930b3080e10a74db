"""How artifacts become bytes."""

from .serializer import ArtifactSerializer as ArtifactSerializer
from .serializer import SerializationFormat as SerializationFormat
from .serializer import SerializationMetadata as SerializationMetadata
from .serializer import SerializedBlob as SerializedBlob
