"""Files that visitors give, and what the server's memory holds of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile


@dataclass(frozen=True)
class Given:
    """A file that a visitor gave: its own name and its encoded content."""

    name: str
    content: bytes

    @cached_property
    def file_key(self) -> str:
        """The same for the same content, whatever its name."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def key(self) -> str:
        """The same for what is looked at in the same way."""
        return self.file_key


def forget_upload(file: UploadedFile) -> None:
    """Let the server's memory go of an upload that is not needed any more."""
    context = get_script_run_ctx()
    if context is None:
        return
    manager = context.uploaded_file_mgr
    if isinstance(manager, MemoryUploadedFileManager):  # others keep their files elsewhere
        manager.remove_file(context.session_id, file.file_id)


def forget_uploads() -> None:
    """Let the server's memory go of all that was uploaded on the page that is open."""
    context = get_script_run_ctx()
    if context is not None:
        context.uploaded_file_mgr.remove_session_files(context.session_id)
