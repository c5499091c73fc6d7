"""Who is read next when several visitors wait."""

import threading
import time

from asl.ui.shell.fair_queue import FairQueue


def served(wants: dict[str, int], places: int = 1) -> list[str]:
    """Return who was served, in order; all come while the only place is taken, one by one."""
    queue, order, threads = FairQueue(places), [], []

    def come(name: str, pieces: int) -> None:
        visit = queue.arrive()
        arrived.set()
        for _ in range(pieces):
            with visit.turn():
                order.append(name)

    def waiting() -> int:
        return len(queue._waiting)

    held = [queue.arrive().turn() for _ in range(places)]
    for place in held:
        place.__enter__()
    for number, (name, pieces) in enumerate(wants.items(), start=1):
        arrived = threading.Event()
        threads.append(threading.Thread(target=come, args=(name, pieces)))
        threads[-1].start()
        arrived.wait()
        while waiting() < number:
            time.sleep(0.001)  # that a thread waits for a condition, nothing tells but its list
    for place in held:
        place.__exit__(None, None, None)
    for thread in threads:
        thread.join(timeout=10)
    return order


def test_who_came_first_is_done_first():
    assert served({"anna": 3, "ben": 3, "cleo": 3}) == ["anna"] * 3 + ["ben"] * 3 + ["cleo"] * 3


def test_many_pictures_of_one_do_not_keep_the_others_waiting():
    order = served({"anna": 200, "ben": 3, "cleo": 3})
    assert order[:11] == ["anna"] * 5 + ["ben"] * 3 + ["cleo"] * 3


def test_no_more_at_a_time_than_there_are_places():
    queue, now, most = FairQueue(2), 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal now, most
        visit = queue.arrive()
        for _ in range(5):
            with visit.turn():
                with lock:
                    now += 1
                    most = max(most, now)
                time.sleep(0.002)  # the work, long enough for others to come in if they could
                with lock:
                    now -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert (now, most) == (0, 2)


def test_a_place_is_free_again_after_an_error():
    visit = FairQueue(1).arrive()
    for _ in range(3):
        try:
            with visit.turn():
                raise ValueError
        except ValueError:
            pass
