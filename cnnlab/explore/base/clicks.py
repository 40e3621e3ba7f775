"""A button's clicks while a cell computes: the kernel takes them in only when the cell is done.

ipykernel has no public way to read what is waiting (6: jupyter-ui-poll's ``do_one_iteration``; 7: none). What is read
here is handed on unopened and in order, so that the kernel finds every message where it expects it: one that was
deserialised before would be refused as a duplicate, and its cell lost.
"""

from __future__ import annotations

import ipywidgets as widgets
import zmq
from IPython import get_ipython
from zmq.eventloop.zmqstream import ZMQStream

_HEADER, _CONTENT = 1, 4  # of a message's parts, after its addresses and counted from its signature


class Clicks:
    """Looks through the messages that wait for the main thread; use it there, between `of` and `close`."""

    def __init__(self, button: widgets.Button, session: object, stream: ZMQStream) -> None:
        self._button, self._session, self._stream = button, session, stream
        self._hand_on = stream._recv_callback
        self._clicked = False
        stream.on_recv(self._look, copy=False)

    @classmethod
    def of(cls, button: widgets.Button) -> Clicks | None:
        """Listen to `button`; None where there is no kernel, or one that is built in another way."""
        try:
            kernel = get_ipython().kernel
            stream = kernel.shell_stream
            if getattr(kernel, "shell_channel_thread", None) is not None:  # ipykernel 7: another thread passes them on
                stream = kernel.shell_channel_thread.manager.get_shell_channel_to_subshell_pair(None).to_stream
            return cls(button, kernel.session, stream)
        except AttributeError:
            return None

    def waiting(self) -> bool:
        """Whether the button has been clicked; 20 µs while nothing has."""
        self._stream.flush(zmq.POLLIN)
        return self._clicked

    def close(self) -> None:
        """Let the kernel read its messages again."""
        self._stream.on_recv(self._hand_on, copy=False)

    def _look(self, message: list[zmq.Frame]) -> object:
        self._clicked = self._clicked or self._is_click(message)
        return self._hand_on(message)

    def _is_click(self, message: list[zmq.Frame]) -> bool:
        try:
            _, parts = self._session.feed_identities(message, copy=False)
            header, content = (self._session.unpack(parts[k].bytes) for k in (_HEADER, _CONTENT))
        except (ValueError, IndexError):  # the kernel's own signals are no messages
            return False
        ours = header["msg_type"] == "comm_msg" and content["comm_id"] == self._button.model_id
        return ours and content["data"].get("content", {}).get("event") == "click"
