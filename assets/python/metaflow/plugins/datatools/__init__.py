"""Access to data outside the runs' store."""

from .s3 import S3 as S3
from .s3 import MetaflowS3Exception as MetaflowS3Exception
