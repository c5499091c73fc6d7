"""People who sign, drawn from their landmarks: on frames of a camera, as stills and as films."""
