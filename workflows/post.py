"""Notices on their way, beside the loop: a mail server that is away keeps nobody from acting."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

from throughcare.case.notice import Delivered, Delivery, Notice
from throughcare.case.wire import NoticesSent, NoticesToSend
from throughcare.temporal.client import NOTICE_QUEUE
from throughcare.temporal.codec import operator_text

NOTICE_TIMEOUT = timedelta(seconds=10)
# A mail server may be away for days. The case goes on meanwhile and shows the notice as queued.
NOTICE_RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=5)
)


class Post:
    def __init__(self) -> None:
        self.came_back: deque[tuple[Notice, Delivered]] = deque()
        self._sending: set[asyncio.Task[None]] = set()

    @property
    def is_busy(self) -> bool:
        return bool(self._sending)

    def send(
        self,
        activity: Callable[[Any, NoticesToSend], Awaitable[NoticesSent]],
        order: NoticesToSend,
    ) -> None:
        task = asyncio.create_task(self._send(activity, order))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(
        self,
        activity: Callable[[Any, NoticesToSend], Awaitable[NoticesSent]],
        order: NoticesToSend,
    ) -> None:
        notices = order.notices
        try:
            sent = await workflow.execute_activity_method(
                activity,
                order,
                task_queue=NOTICE_QUEUE,
                start_to_close_timeout=NOTICE_TIMEOUT,
                retry_policy=NOTICE_RETRIES,
                summary=operator_text("; ".join(notice.line for notice in notices)),
            )
        except ActivityError:
            # Never in silence: whoever should have been told is now told by other means.
            lost = (Delivered(key=n.key, delivery=Delivery.failed) for n in notices)
            sent = NoticesSent(outcomes=tuple(lost))
        outcomes = {outcome.key: outcome for outcome in sent.outcomes}
        self.came_back.extend((each, outcomes[each.key]) for each in notices)
