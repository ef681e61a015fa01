"""Model fields of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models

from smsconsole.lib import encryption

if TYPE_CHECKING:
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField


class EncryptedTextField(TextField):
    """Text that the database holds only encrypted.

    The same text is stored differently each time, so it can be neither looked up nor be unique;
    lookups other than `isnull` are refused instead of quietly finding nothing.
    """

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        prepared = super().get_db_prep_save(value, connection)
        if not isinstance(prepared, str):
            return prepared
        return encryption.encrypt(prepared, keys=tuple(settings.ENCRYPTION_KEYS))

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str | None:
        if value is None:
            return None
        return encryption.decrypt(value, keys=tuple(settings.ENCRYPTION_KEYS))

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None
