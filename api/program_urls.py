"""The addresses at which only programs ask (`api.front_door`); the console's own list has them too, for their names."""

from __future__ import annotations

from api.native.api import native_urls
from api.tencent_v5.urls import urlpatterns as v5_urls

urlpatterns = [*v5_urls, *native_urls()]
