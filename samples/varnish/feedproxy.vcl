# Varnish 7.1 or later in front of feedproxy, with xkey (Debian: apt-get install varnish varnish-modules):
#
#     varnishd -a :6081 -f /etc/varnish/feedproxy.vcl -s malloc,256M
#
# What is kept, and for how long, is feedproxy's word: CDN-Cache-Control (RFC 9213) where it is given, else
# Cache-Control. A copy that has run out, or was purged softly, is asked for again before it is served, many requests at
# once asking only once: feedproxy has an answer in memory. The copy is served all the same while feedproxy cannot be
# reached, for as long as stale-if-error says.

vcl 4.1;

import std;
import xkey;

backend feedproxy {
    .host = "127.0.0.1";
    .port = "8080";
    .connect_timeout = 1s;
    .first_byte_timeout = 30s;
    .between_bytes_timeout = 10s;
    # feedproxy answers this as long as its process runs, whatever becomes of its upstream.
    .probe = { .url = "/healthz"; .interval = 2s; .timeout = 1s; .window = 3; .threshold = 2; .initial = 2; }
}

# Who may purge, and with which token: that of this edge in feedproxy's settings.
acl purgers {
    "localhost";
}

sub vcl_recv {
    # "https" if what stands in front of Varnish takes nothing else.
    set req.http.X-Forwarded-Proto = "http";

    if (req.method == "PURGE" || req.method == "BAN") {
        if (client.ip !~ purgers || req.http.X-Feedproxy-Token != "CHANGE-ME") {
            return (synth(403));
        }
        if (req.http.Surrogate-Key !~ "^[A-Za-z0-9._-]+( [A-Za-z0-9._-]+)*$") {
            return (synth(400, "Surrogate-Key: tags with a blank between them are wanted"));
        }
        if (req.method == "PURGE") {
            return (synth(200, "Marked as old: " + xkey.softpurge(req.http.Surrogate-Key)));
        }
        ban("obj.http.Surrogate-Key ~ (^|\s)(" + regsuball(req.http.Surrogate-Key, " ", "|") + ")(\s|$)");
        return (synth(200, "Banned"));
    }
    # Operators ask these on the machine itself.
    if (req.url ~ "^/(metrics|readyz)([?/]|$)") {
        return (synth(404));
    }
    if (req.url !~ "(?i)^(/v[12])?/webcal/") {
        return (pass);
    }
    if (req.restarts == 0) {
        unset req.http.X-Copy;
    }
    # No cookie is ever asked for; a request with Authorization passes by the cache (builtin.vcl).
    unset req.http.Cookie;
}

sub vcl_hit {
    if (obj.ttl <= 0s && !req.http.X-Copy && std.healthy(req.backend_hint)) {
        set req.http.X-Copy = "old";
        set req.grace = 0s;
        return (restart);
    }
}

sub vcl_backend_response {
    set beresp.http.X-Url = bereq.url;
    set beresp.http.xkey = beresp.http.Surrogate-Key;
    if (beresp.status >= 500) {
        # Nothing of an error may stay where a copy is.
        if (bereq.is_bgfetch || bereq.http.X-Copy) {
            return (abandon);
        }
        set beresp.uncacheable = true;
        set beresp.ttl = 0s;
        set beresp.grace = 0s;
        return (deliver);
    }
    if (beresp.http.CDN-Cache-Control) {
        if (beresp.http.CDN-Cache-Control ~ "(?i)(^|[\s,])(private|no-store|no-cache)([\s,=]|$)") {
            set beresp.uncacheable = true;
        } else {
            set beresp.ttl = std.duration(regsub(beresp.http.CDN-Cache-Control,
                "(?i)^(?:.*[\s,])?max-age=(\d+).*$", "\1s"), 0s) - beresp.age;
        }
        set beresp.grace = std.duration(regsub(beresp.http.CDN-Cache-Control,
            "(?i)^(?:.*[\s,])?stale-if-error=(\d+).*$", "\1s"), 0s);
    } else {
        if (beresp.http.Cache-Control ~ "(?i)(^|[\s,])(private|no-store|no-cache)([\s,=]|$)") {
            set beresp.uncacheable = true;
        }
        set beresp.grace = std.duration(regsub(beresp.http.Cache-Control,
            "(?i)^(?:.*[\s,])?stale-if-error=(\d+).*$", "\1s"), 0s);
    }
    set beresp.keep = 1h;
    if (beresp.uncacheable || beresp.status >= 400) {
        # What was for everybody no longer is: its copy must not come back when feedproxy cannot be reached.
        if (bereq.is_bgfetch || bereq.http.X-Copy) {
            ban("obj.http.X-Url == " + bereq.url);
        }
    }
    if (beresp.uncacheable) {
        set beresp.ttl = 120s;
        return (deliver);
    }
    if (beresp.http.CDN-Cache-Control) {
        return (deliver);
    }
}

sub vcl_backend_error {
    if (bereq.is_bgfetch || bereq.http.X-Copy) {
        return (abandon);
    }
    set beresp.uncacheable = true;
    set beresp.ttl = 0s;
    set beresp.grace = 0s;
    set beresp.http.Cache-Control = "private, no-store";
}

# Where an abandoned fetch ends.
sub vcl_synth {
    if (resp.status == 503 && req.http.X-Copy == "old") {
        # The copy will do after all.
        set req.http.X-Copy = "will do";
        set req.grace = 365d;
        return (restart);
    }
}

sub vcl_deliver {
    set resp.http.X-Cache = "miss";
    if (obj.uncacheable) {
        set resp.http.X-Cache = "pass";
    } elsif (obj.hits > 0) {
        set resp.http.X-Cache = "hit";
    }
    # Meant for Varnish. (Where another CDN stands in front, it wants them too: leave them.)
    unset resp.http.CDN-Cache-Control;
    unset resp.http.Surrogate-Key;
    unset resp.http.Cache-Tag;
    unset resp.http.xkey;
    unset resp.http.X-Url;
    unset resp.http.X-Varnish;
    unset resp.http.Via;
}
