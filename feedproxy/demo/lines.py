"""Lines to paste: into a calendar app and into a shell."""

import json
from shlex import quote

from feedproxy.demo.stage import ACCOUNT, PERSONAL_TITLE, Stage, event_request
from feedproxy.demo.subscriptions import CLUB, LEAGUE, SUBSCRIPTIONS


def lines(stage: Stage, command: str) -> str:
    """Return the text for a stage; `command` is how feedproxy is called here."""
    webcal = stage.url.replace("http://", "webcal://", 1)
    subscribe = "\n".join(f"  {webcal}/v1/webcal/{each.id}   {each.title}" for each in SUBSCRIPTIONS)
    assert CLUB.credentials is not None
    member = (CLUB.credentials.user + b":" + CLUB.credentials.password).decode()
    feed, club = f"{stage.url}/v1/webcal/{LEAGUE.id}", f"{stage.url}/v1/webcal/{CLUB.id}"
    event = json.dumps(event_request("parking-7", "Your parking space: 7"))
    return f"""
Subscribe in a calendar app (the protected one asks for {member.replace(":", " / ")}):
{subscribe}

The feed, with one personal event in it ("{PERSONAL_TITLE}"):
  curl -s {feed}
Nothing has changed: 304
  curl -si {feed} -H "If-None-Match: $(curl -sI {feed} | tr -d '\\r' | sed -n 's/^etag: //Ip')"
Basic Auth: 401, then 200
  curl -si {club}
  curl -si -u {member} {club}
A token, and another personal event with it: 202, and the feed has it
  TOKEN=$(curl -s -u {stage.client_id}:{stage.client_secret} -d grant_type=client_credentials \\
    {stage.url}/oauth2/token | sed 's/.*"access_token": *"\\([^"]*\\)".*/\\1/')
  curl -si -H "Authorization: Bearer $TOKEN" {stage.url}/v1/subscriptionevent/{ACCOUNT} \\
    -d {quote(event)}
Health, metrics, and why each event is where it is
  curl -s {stage.url}/healthz {stage.url}/readyz
  curl -s {stage.url}/metrics
  {command} explain --config {quote(str(stage.settings_file))} {LEAGUE.id}

Ctrl-C stops everything and leaves nothing behind.
"""
