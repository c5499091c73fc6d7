"""From frames of a film or camera to landmarks of body, face and hands."""

from asl.body.films import landmarks_of
from asl.body.tracker import BodyTracker

__all__ = ["BodyTracker", "landmarks_of"]
