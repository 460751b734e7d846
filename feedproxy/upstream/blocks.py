"""Services that are known to turn programs away, recognised by what they answer; each message says what helps."""

from collections.abc import Mapping

from feedproxy.errors import FetchFailed

OUTLOOK_HOSTS = frozenset({"outlook.office365.com", "outlook.office.com", "outlook.live.com"})
SIGN_IN_HOSTS = ("accounts.google.com/", "login.microsoftonline.com/", "login.live.com/")


def user_agent_block(host: str, status: int, headers: Mapping[str, str]) -> str | None:
    """Recognise how Exchange Online turns away a User-Agent that it does not know, and say what helps.

    It answers 500 with `X-OWA-Error: ...OwaBasicUnsupportedException`, redirects to its errorfe.aspx, or sends a page
    instead of the calendar (seen since August 2025: nextcloud/server#54799, derekantrican/GAS-ICS-Sync#494).
    """
    unsupported = "OwaBasicUnsupported" in headers.get("X-OWA-Error", "")
    error_page = "/errorfe.aspx" in headers.get("Location", "").lower()
    page = status == 200 and headers.get("Content-Type", "").lower().startswith("text/html")
    if unsupported or error_page or (host in OUTLOOK_HOSTS and (status == 500 or page)):
        return (
            f"{host} seems to refuse our User-Agent, as Office 365 does; "
            f"set another one for it (`user_agent` in `upstream_hosts`, or `upstream_user_agent`)"
        )
    return None


def sign_in(host: str, headers: Mapping[str, str]) -> str | None:
    """Recognise a redirect to where people sign in: the calendar is not shared by its URL, or no longer."""
    location = headers.get("Location", "").lower().partition("://")[2]
    if location.startswith(SIGN_IN_HOSTS):
        return f"{host} wants somebody to sign in; share the calendar by a secret or public URL"
    return None


def challenge(host: str, headers: Mapping[str, str]) -> FetchFailed | None:
    """Recognise a firewall that wants to see a browser; return the failure, which is not the upstream's own.

    So it has no `upstream_status`: a 403 of theirs withdraws no feed. Cloudflare says `Cf-Mitigated: challenge`
    (developers.cloudflare.com, "Detect a Challenge Page response"), AWS WAF `x-amzn-waf-action` (AWS WAF Developer
    Guide, "CAPTCHA and Challenge action behavior").
    """
    if headers.get("Cf-Mitigated", "").lower() == "challenge":
        firewall = "Cloudflare"
    elif headers.get("X-Amzn-Waf-Action", "").lower() in {"challenge", "captcha"}:
        firewall = "AWS WAF"
    else:
        return None
    message = f"{host} is behind {firewall}, which wants to see a browser; its owner has to let us through"
    return FetchFailed("challenge", message)
