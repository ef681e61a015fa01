"""Addresses of the bell, of a project's alarm contacts and of the log of its notifications."""

from __future__ import annotations

from django.urls import path

from notifications.views import bell, contacts, log, security

CONTACTS = "projects/<slug:slug>/alarm-contacts/"

urlpatterns = [
    # notifications/: a person's own
    path("notifications/", bell.notifications, name="notifications"),
    path("notifications/bell/", bell.bell, name="bell"),
    path("notifications/read/", bell.notifications_read, name="notifications-read"),
    path("notifications/preference/", bell.notification_preference, name="notification-preference"),
    path("notifications/<uuid:uuid>/", bell.notification_open, name="notification-open"),
    # projects/<project>/
    path("projects/<slug:slug>/notifications/", log.project_notifications, name="project-notifications"),
    path("projects/<slug:slug>/notifications/<uuid:uuid>/again/", log.delivery_again, name="delivery-again"),
    path("projects/<slug:slug>/security/", security.security_settings, name="security-settings"),
    path(CONTACTS, contacts.alarm_contacts, name="alarm-contacts"),
    path(CONTACTS + "add/", contacts.alarm_contact_add, name="alarm-contact-add"),
    path(CONTACTS + "<uuid:uuid>/", contacts.alarm_contact_edit, name="alarm-contact-edit"),
    path(CONTACTS + "<uuid:uuid>/remove/", contacts.alarm_contact_remove, name="alarm-contact-remove"),
    path(CONTACTS + "<uuid:uuid>/test/", contacts.alarm_contact_test, name="alarm-contact-test"),
]
