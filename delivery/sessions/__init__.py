"""The process that holds a line: one per gateway whose protocol keeps a connection open.

`session`     what runs in it: sends, stores, watches; ends when it is told to or its gateway is set up differently
`inbox`       receipts and replies: stored first, acknowledged then
`leadership`  one process per gateway, whatever is started twice
`line_states` how the binds are, for the gateway's page
`children`    one such process for each gateway that wants one

The line itself (`delivery.smpp.line`) has a thread that never asks the database.
"""
