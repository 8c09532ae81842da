import threading

from orchbench.redshift.slots import Slots


def test_places_are_given_in_the_order_of_the_tickets() -> None:
    slots, order, threads = Slots(0), list[int](), list[threading.Thread]()
    tickets = [slots.ticket() for _ in range(5)]

    def wait_for_place(number: int) -> None:
        slots.acquire(tickets[number], lambda: False)
        order.append(number)
        slots.release()

    for number in (3, 1, 4, 0, 2):
        threads.append(threading.Thread(target=wait_for_place, args=(number,)))
        threads[-1].start()
    slots.release()
    for thread in threads:
        thread.join(60)
    assert order == [0, 1, 2, 3, 4]


def test_one_that_gives_up_takes_no_place_and_holds_up_nobody() -> None:
    slots = Slots(1)
    first, second = slots.ticket(), slots.ticket()
    assert not slots.acquire(first, lambda: True)
    assert slots.acquire(second, lambda: False)


def test_waking_lets_a_waiting_one_give_up() -> None:
    slots, given_up, outcomes = Slots(0), threading.Event(), list[bool]()
    ticket = slots.ticket()
    thread = threading.Thread(target=lambda: outcomes.append(slots.acquire(ticket, given_up.is_set)))
    thread.start()
    given_up.set()
    slots.wake()
    thread.join(60)
    assert outcomes == [False]
