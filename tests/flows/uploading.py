"""A file on its way into the studio, as the page's script sends it."""

import http.client


def begin_upload(site, visitor, name, length_bytes):
    """An open connection whose headers are sent; the file's bytes follow."""
    page = visitor.get("/studio/episodes/new")
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=120)
    connection.putrequest("POST", f"/studio/uploads?name={name}")
    for header, value in _write_headers(visitor, page, length_bytes).items():
        connection.putheader(header, value)
    connection.endheaders()
    return connection


def _write_headers(visitor, page, length_bytes):
    return {
        "Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in visitor.cookies),
        "X-CSRF-Token": page.document.xpath("//*[@name='csrf_token']")[0].get("value", ""),
        "Accept": "application/json",
        "Content-Type": "application/octet-stream",
        "Content-Length": str(length_bytes),
    }
