"""The interfaces for programs: Tencent's two APIs and the console's own, on the same services."""
