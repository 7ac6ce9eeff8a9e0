"""A gateway whose records go to receivers of others, and what must be there in the end. Prints a line of JSON a check."""

import base64
import gzip
import http.server
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import rotel
from google.protobuf.json_format import MessageToDict, Parse
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from standardwebhooks.webhooks import Webhook

PROGRAM, STAGE = sys.argv[1], pathlib.Path(sys.argv[2])
AGENT = pathlib.Path(rotel.__file__).parent / "rotel-agent"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PLANTED = "planted-7f3a-value"
CALLS = 60
KINDS = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
}


def check(name, test):
    try:
        test()
        print(json.dumps({"name": name, "passed": True}), flush=True)
    except Exception as error:
        print(json.dumps({"name": name, "passed": False, "failed": f"{type(error).__name__}: {error}"[:500]}), flush=True)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def until(what, test, limit=40):
    end = time.time() + limit
    while time.time() < end:
        if test():
            return
        time.sleep(0.05)
    raise TimeoutError(what)


class Heard:
    """What the receivers were sent, by where it came in."""

    def __init__(self):
        self.lock, self.texts, self.flaws = threading.Lock(), [], []
        self.spans = {"collector": [], "strict": []}
        self.logs = {"collector": [], "strict": []}
        self.metrics = {"collector": [], "strict": []}
        self.hook = []

    def take(self, way, path, message):
        told = MessageToDict(message)
        with self.lock:
            for resource in told.get("resourceSpans", []):
                for scope in resource["scopeSpans"]:
                    self.spans[way] += scope["spans"]
            for resource in told.get("resourceLogs", []):
                for scope in resource["scopeLogs"]:
                    self.logs[way] += scope["logRecords"]
            for resource in told.get("resourceMetrics", []):
                for scope in resource["scopeMetrics"]:
                    self.metrics[way] += scope["metrics"]


HEARD = Heard()


def ids_in_base64(value):
    """OTLP writes ids in hexadecimal digits, which protobuf's own JSON mapping does not."""
    if isinstance(value, dict):
        for key in ("traceId", "spanId", "parentSpanId"):
            if key in value:
                length = 16 if key == "traceId" else 8
                raw = bytes.fromhex(value[key])
                assert len(raw) == length and any(raw), f"{key} {value[key]}"
                value[key] = base64.b64encode(raw).decode()
        return {key: ids_in_base64(inner) for key, inner in value.items()}
    return [ids_in_base64(inner) for inner in value] if isinstance(value, list) else value


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            self.hear(body)
            status = 200
        except Exception as error:
            HEARD.flaws.append(f"{self.path}: {type(error).__name__}: {error}")
            status = 400
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def hear(self, body):
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        HEARD.texts.append(body)
        if self.path == "/hook":
            Webhook(SECRET).verify(body, dict(self.headers.items()))
            HEARD.hook += [record["id"] for record in json.loads(body)["records"]]
        elif self.path.startswith("/strict"):
            path = self.path.removeprefix("/strict")
            message = Parse(json.dumps(ids_in_base64(json.loads(body))), KINDS[path](), ignore_unknown_fields=False)
            HEARD.take("strict", path, message)
        else:
            message = KINDS[self.path]()
            message.ParseFromString(body)
            HEARD.take("collector", self.path, message)

    def handle(self):
        try:
            super().handle()
        except ConnectionResetError:
            pass  # a process that was killed

    def log_message(self, *_):
        pass


def collector(port, to):
    log = open(STAGE / "collector.log", "ab")
    arguments = ["--otlp-http-endpoint", f"127.0.0.1:{port}", "--otlp-grpc-endpoint", f"127.0.0.1:{free_port()}"]
    arguments += ["--exporter", "otlp", "--otlp-exporter-protocol", "http", "--otlp-exporter-endpoint", f"http://127.0.0.1:{to}"]
    child = subprocess.Popen([AGENT, "start", *arguments], stdout=log, stderr=log)

    def listens():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    until("the collector", listens)
    return child


def gateway(otlp, receiver):
    (STAGE / "key").write_text(SECRET + "\n")
    (STAGE / "doorward.toml").write_text(
        f"""
[listen]
http = "127.0.0.1:0"
auth = "none"
[admin]
http = "off"
[store]
url = "sqlite://records.db"
durability = "strict"
[policy]
preset = "observe"
[servers.notes]
command = [{json.dumps(PROGRAM)}, "demo-server", "notes"]
[sinks.collector]
kind = "otlp"
url = "http://127.0.0.1:{otlp}"
signals = ["traces", "logs", "metrics"]
[sinks.strict]
kind = "otlp"
url = "http://127.0.0.1:{receiver}/strict"
signals = ["traces", "logs", "metrics"]
[sinks.hook]
kind = "webhook"
url = "http://127.0.0.1:{receiver}/hook"
secret = "file:key"
"""
    )
    log = open(STAGE / "gateway.log", "ab")
    environment = {"HOME": str(STAGE), "PATH": os.environ["PATH"]}
    child = subprocess.Popen([PROGRAM, "serve", "--config", "doorward.toml"], cwd=STAGE, stdout=log, stderr=log, env=environment)
    found = []

    def said():
        text = (STAGE / "gateway.log").read_text()
        found[:] = re.findall(r"http://127\.0\.0\.1:(\d+)/", text)
        return found

    until("the gateway", said)
    return child, int(found[-1])


def call(port, number):
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
    params = {"name": "search", "arguments": {"query": f"{PLANTED}-{number}"}, "_meta": meta}
    body = json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}).encode()
    headers = {
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/call",
        "mcp-name": "search",
    }
    request = urllib.request.Request(f"http://127.0.0.1:{port}/s/notes/mcp", body, headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        answer.read()


def records():
    """What the store has: ids of records, and trace ids of exchanges that have ended."""
    said = subprocess.run(
        [PROGRAM, "audit", "query", "--config", "doorward.toml", "--json", "--limit", "10000"],
        cwd=STAGE, capture_output=True, check=True, env={"HOME": str(STAGE), "PATH": os.environ["PATH"]},
    ).stdout.decode()
    kept = [json.loads(line) for line in said.splitlines()]
    return kept


def attribute(item, key):
    for one in item["attributes"]:
        if one["key"] == key:
            return next(iter(one["value"].values()))
    return None


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    to, otlp = server.server_address[1], free_port()
    away = collector(otlp, to)
    serving, port = gateway(otlp, to)
    try:
        for number in range(CALLS):
            call(port, number)
        away.send_signal(signal.SIGTERM)
        away.wait(20)
        for number in range(CALLS, 2 * CALLS):
            call(port, number)
        serving.send_signal(signal.SIGKILL)
        serving.wait(20)
        away = collector(otlp, to)
        (STAGE / "gateway.log").write_text("")
        serving, port = gateway(otlp, to)
        for number in range(2 * CALLS, 3 * CALLS):
            call(port, number)
        judge()
    finally:
        for child in (serving, away):
            child.kill()


def judge():
    time.sleep(0.5)
    kept = records()
    ids = {f"{record['exchange']}-{record['phase']}" for record in kept}
    ended = {record["exchange"] for record in kept if record["phase"] == "outcome"}
    calls = [record for record in kept if record["action"] == "tools/call" and record["phase"] == "outcome"]

    def trace(span):
        return base64.b64decode(span["traceId"]).hex()

    def told(way):
        return {attribute(log, "doorward.record.id") for log in HEARD.logs[way]}

    def all_calls():
        assert len(calls) == 3 * CALLS, len(calls)

    def spans(way):
        until(f"spans of {way}: {len(HEARD.spans[way])} of {len(ended)}", lambda: ended <= {trace(span) for span in HEARD.spans[way]})

    def logs(way):
        until(f"logs of {way}: {len(told(way))} of {len(ids)}", lambda: ids <= told(way))

    def nothing_else():
        for way in ("collector", "strict"):
            assert {trace(span) for span in HEARD.spans[way]} == ended
            assert told(way) == ids

    def named():
        span = next(span for span in HEARD.spans["collector"] if attribute(span, "gen_ai.tool.name"))
        assert span["name"] == "tools/call search" and span["kind"] == "SPAN_KIND_SERVER", span
        wanted = {"mcp.method.name": "tools/call", "gen_ai.tool.name": "search", "gen_ai.operation.name": "execute_tool"}
        wanted |= {"mcp.protocol.version": "2026-07-28", "network.transport": "tcp", "doorward.server": "notes"}
        for key, value in wanted.items():
            assert attribute(span, key) == value, (key, span)
        assert int(span["endTimeUnixNano"]) > int(span["startTimeUnixNano"]), span

    def durations():
        # rotel 0.0.1a15 loses the points of metrics that come as JSON, of any sender, and passes the rest on or not: what
        # is sent is judged where it is read strictly.
        def points():
            return [point for metric in HEARD.metrics["strict"] for point in metric["histogram"]["dataPoints"]]

        until("durations at the strict reader", lambda: sum(int(point["count"]) for point in points()) >= len(ended))
        assert {metric["name"] for metric in HEARD.metrics["strict"]} == {"mcp.server.operation.duration"}
        assert all(sum(map(int, point["bucketCounts"])) == int(point["count"]) for point in points())

    def verified():
        until("the webhook", lambda: ids <= set(HEARD.hook))
        assert set(HEARD.hook) == ids

    def strict():
        assert not HEARD.flaws, HEARD.flaws[:3]

    def no_payload():
        assert not any(PLANTED.encode() in text for text in HEARD.texts)

    check("every call is answered, whatever becomes of the collector", all_calls)
    check("every exchange is a span at the collector, although it and the gateway went away", lambda: spans("collector"))
    check("every record is a log record at the collector", lambda: logs("collector"))
    check("every exchange is a span at the strict reader", lambda: spans("strict"))
    check("every record is a log record at the strict reader", lambda: logs("strict"))
    check("nothing arrives that is not in the store", nothing_else)
    check("spans are named as the conventions have it", named)
    check("durations are histograms", durations)
    check("every record arrives at the webhook under a good signature", verified)
    check("nothing was out of form", strict)
    check("no payload arrives anywhere", no_payload)


main()
