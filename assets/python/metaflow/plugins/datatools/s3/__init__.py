"""`metaflow.S3`: objects of S3, and of stores that speak its protocol, as local files."""

from .objects import MetaflowS3AccessDenied as MetaflowS3AccessDenied
from .objects import MetaflowS3Exception as MetaflowS3Exception
from .objects import MetaflowS3InsufficientDiskSpace as MetaflowS3InsufficientDiskSpace
from .objects import MetaflowS3InvalidObject as MetaflowS3InvalidObject
from .objects import MetaflowS3InvalidRange as MetaflowS3InvalidRange
from .objects import MetaflowS3NotFound as MetaflowS3NotFound
from .objects import MetaflowS3URLException as MetaflowS3URLException
from .objects import RangeInfo as RangeInfo
from .objects import S3GetObject as S3GetObject
from .objects import S3Object as S3Object
from .objects import S3PutObject as S3PutObject
from .s3 import S3 as S3
