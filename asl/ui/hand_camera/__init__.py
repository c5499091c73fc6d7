"""A camera in the browser that finds the hand there: the video is not sent, joints are."""
