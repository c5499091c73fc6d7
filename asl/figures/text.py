"""Names and probabilities as figures and pages write them."""


def shorten(text: str, most: int) -> str:
    """Return `text` with at most `most` characters, its middle left out if it is longer."""
    if len(text) <= most:
        return text
    end = (most - 1) // 2
    return f"{text[: most - 1 - end]}…{text[-end:]}"


def percent(confidence: float) -> str:
    """Return a probability in whole per cent; never 0% or 100%, which no model can know."""
    if confidence < 0.005:
        return "<1%"
    return ">99%" if confidence > 0.995 else f"{confidence:.0%}"
