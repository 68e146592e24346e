"""Starts ministack, a local AWS, and deploys template.yaml there: the second AWS that the whole-system tests run on.

    deploy.py --bin-dir target/debug --secrets secrets.json --out stack.json \
        --parameters 'Deployments=acme/* #deploys' SlackApiUrl=http://127.0.0.1:9000/api

It deploys the template itself: ministack applies the SAM transform. All that is changed here is where a function's code
comes from (a zip of `--bin-dir`'s binary instead of what `sam build` makes), one name of a permission (`allow_batches`),
and the environment variables that `--environment` adds.
IAM is enforced, so a function whose role lacks a permission fails here as it would on AWS.

Once the stack is there, `--out` is written:

    {"endpoint", "region", "access_key_id", "secret_access_key",    how any AWS SDK reaches it
     "api_url", "api_address",      the HTTP API's URL, and the address that its host name stands for
     "functions", "resources",      physical names and ids by logical id
     "outputs"}                     the template's

and ministack runs until this process's standard input ends. So a test harness that holds the pipe's other end leaves
nothing behind, however it dies. Each line of that input is the logical id of a function, which is invoked then, beside its
own schedule. What ministack says is in the file next to `--out` that ends in `.log`.

The host name of `api_url` (`ID.execute-api.localhost`) is in no resolver: connect to `api_address`, and send the name in
the Host header.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"
# ministack's root user.
ACCESS_KEY = "test"
CODE_BUCKET = "signoff-code"
START_DEADLINE_SECONDS = 60
DEPLOY_DEADLINE_SECONDS = 120


def main() -> None:
    """Deploys, writes `--out`, and stays until standard input ends."""
    arguments = parse_arguments()
    if arguments.serve:
        serve()
        return
    started = time.monotonic()
    server = None
    endpoint = arguments.endpoint
    try:
        if endpoint is None:
            server, endpoint = start(arguments.out.with_suffix(".log"))
        up = time.monotonic()
        stack = deploy(endpoint, arguments)
        write_whole(arguments.out, json.dumps(stack, indent=2) + "\n")
        say(f"{endpoint}: up in {up - started:.1f} s, deployed in {time.monotonic() - up:.1f} s")
        if server is not None:
            invoke_each(endpoint, stack["functions"])
    finally:
        if server is not None:
            stop(server)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Deploy template.yaml to ministack, a local AWS.")
    parser.add_argument("--template", type=Path, default=ROOT / "template.yaml", help="the template to deploy")
    parser.add_argument("--bin-dir", type=Path, help="where the functions' binaries are")
    parser.add_argument("--parameters", nargs="*", default=[], metavar="NAME=VALUE", help="the template's parameters")
    parser.add_argument(
        "--environment",
        nargs="*",
        default=[],
        metavar="NAME=VALUE",
        help="variables that the functions have besides the template's",
    )
    parser.add_argument("--secrets", type=Path, help='a JSON file: {"SlackAppSecret": {"bot_token": "..."}, ...}')
    parser.add_argument("--out", type=Path, help="the JSON file to write when the stack is there")
    parser.add_argument("--stack-name", default="signoff")
    parser.add_argument("--endpoint", help="deploy to a ministack that runs already, and exit when that is done")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.serve and (arguments.bin_dir is None or arguments.out is None):
        parser.error("--bin-dir and --out are needed")
    return arguments


def serve() -> NoReturn:
    """Runs ministack in this process, and ends it and every function that it started when standard input ends."""

    def watch() -> None:
        sys.stdin.buffer.read()
        shutil.rmtree(tempfile.gettempdir(), ignore_errors=True)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
    # ministack reads its own command line.
    sys.argv = ["ministack"]
    from ministack.app import main as run

    run()
    sys.exit(0)


def start(log: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Starts ministack on a free port of the loopback interface: its process, and its endpoint once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Where ministack unpacks code; the watch in `serve` removes it.
    scratch = tempfile.mkdtemp(prefix="signoff-ministack-")
    # Not this process's whole environment: ministack hands its own to every function.
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment |= {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        # It would start an MQTT broker on a fixed port.
        "IOT_MTLS_ENABLED": "0",
        "TMPDIR": scratch,
        "STATE_DIR": f"{scratch}/state",
        "MINISTACK_REGION": REGION,
        "LOG_LEVEL": "INFO",
    }
    with log.open("wb") as output:
        # A session of its own, so that one signal ends it together with its functions.
        server = subprocess.Popen(
            [sys.executable, __file__, "--serve"],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    endpoint = f"http://127.0.0.1:{port}"
    try:
        wait_until_healthy(server, endpoint, log)
    except BaseException:
        stop(server)
        raise
    return server, endpoint


def wait_until_healthy(server: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    """Returns once ministack answers; ends the program when it has ended or does not answer in time."""
    deadline = time.monotonic() + START_DEADLINE_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            fail(f"ministack ended with status {server.returncode}; see {log}")
        try:
            with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    fail(f"ministack did not answer within {START_DEADLINE_SECONDS} s; see {log}")


def stop(server: subprocess.Popen[bytes]) -> None:
    """Ends ministack and every function that it started."""
    if server.stdin is not None:
        server.stdin.close()
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def invoke_each(endpoint: str, functions: Mapping[str, str]) -> None:
    """Invokes the function that each line of standard input names, until the input ends."""
    client = clients(endpoint)("lambda")
    for line in sys.stdin:
        client.invoke(FunctionName=functions[line.strip()], InvocationType="Event", Payload=b"{}")


def clients(endpoint: str) -> Callable[[str], Any]:
    """What makes a service's client by its name."""
    # Imported here: `--serve` has no use for it, and it takes a second.
    import boto3

    session: Any = boto3.Session(aws_access_key_id=ACCESS_KEY, aws_secret_access_key=ACCESS_KEY, region_name=REGION)
    return lambda service: session.client(service, endpoint_url=endpoint)


def deploy(endpoint: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Creates the stack, fills its secrets, and describes it as `--out` shows it."""
    # Imported here as boto3 is.
    from samcli.yamlhelper import yaml_parse

    client = clients(endpoint)

    template = yaml_parse(arguments.template.read_text(encoding="utf-8"))
    template["Globals"]["Function"]["Environment"]["Variables"] |= parse_pairs("--environment", arguments.environment)
    package(template["Resources"], arguments.bin_dir, client("s3"))
    allow_batches(template["Resources"])
    parameters = {"AwsEndpointUrl": endpoint} | parse_pairs("--parameters", arguments.parameters)
    cloudformation = client("cloudformation")
    name = arguments.stack_name
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        DisableRollback=True,
    )
    outputs = wait_until_created(cloudformation, name)
    resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    ids = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}
    functions = {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in resources
        if resource["ResourceType"] == "AWS::Lambda::Function"
    }
    if arguments.secrets is not None:
        put_secrets(client("secretsmanager"), ids, json.loads(arguments.secrets.read_text(encoding="utf-8")))
    return {
        "endpoint": endpoint,
        "region": REGION,
        "access_key_id": ACCESS_KEY,
        "secret_access_key": ACCESS_KEY,
        "api_url": outputs["ApiUrl"],
        "api_address": urlsplit(endpoint).netloc,
        "functions": functions,
        "resources": ids,
        "outputs": outputs,
    }


def package(resources: Mapping[str, Any], bin_dir: Path, s3: Any) -> None:
    """Uploads each function's binary as a zipped `bootstrap`, and points the function's CodeUri there."""
    s3.create_bucket(Bucket=CODE_BUCKET)
    for resource in resources.values():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        binary = resource["Metadata"]["BuildProperties"]["Binary"]
        path = bin_dir / binary
        if not path.is_file():
            fail(f"{path} is not there: build the functions first (cargo build)")
        body = io.BytesIO()
        # Not compressed: that would take longer than anything else here.
        with zipfile.ZipFile(body, "w", zipfile.ZIP_STORED) as archive:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, path.read_bytes())
        key = f"{binary}.zip"
        s3.put_object(Bucket=CODE_BUCKET, Key=key, Body=body.getvalue())
        resource["Properties"]["CodeUri"] = {"Bucket": CODE_BUCKET, "Key": key}


def allow_batches(resources: Mapping[str, Any]) -> None:
    """Lets a role that may send messages send several at once.

    On AWS sqs:SendMessage is the permission for SendMessageBatch, and there is none of that name
    (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html); ministack asks for one.
    """
    for resource in resources.values():
        if resource["Type"] != "AWS::IAM::Role":
            continue
        for policy in resource["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement["Action"] == "sqs:SendMessage":
                    statement["Action"] = ["sqs:SendMessage", "sqs:SendMessageBatch"]


def parse_pairs(option: str, pairs: list[str]) -> dict[str, str]:
    """The `NAME=VALUE` pairs of a command line's option as a dictionary."""
    parsed = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator:
            fail(f"{option}: {pair!r} is not NAME=VALUE")
        parsed[name] = value
    return parsed


def wait_until_created(cloudformation: Any, name: str) -> dict[str, str]:
    """The stack's outputs, once it is created; ends the program with the reasons when that failed."""
    deadline = time.monotonic() + DEPLOY_DEADLINE_SECONDS
    while time.monotonic() < deadline:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        if stack["StackStatus"] != "CREATE_IN_PROGRESS":
            events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
            reasons = [
                f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
                for event in events
                if event["ResourceStatus"] == "CREATE_FAILED"
            ]
            fail("\n".join([f"the stack is {stack['StackStatus']}", *reasons]))
        time.sleep(0.05)
    fail(f"the stack was not created within {DEPLOY_DEADLINE_SECONDS} s")


def put_secrets(secretsmanager: Any, ids: Mapping[str, str], secrets: Mapping[str, Any]) -> None:
    """Fills the secrets, each named by its logical id, as `aws secretsmanager put-secret-value` does."""
    for logical_id, value in secrets.items():
        if logical_id not in ids:
            fail(f"--secrets: the template has no resource {logical_id}")
        secretsmanager.put_secret_value(SecretId=ids[logical_id], SecretString=json.dumps(value))


def write_whole(path: Path, text: str) -> None:
    """Writes a file in one step: who waits for it to appear never reads half of it."""
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def say(line: str) -> None:
    """Tells the person (or the test's log) who runs this."""
    print(line, file=sys.stderr, flush=True)


def fail(reason: str) -> NoReturn:
    """Ends the program with a reason."""
    sys.exit(f"deploy.py: {reason}")


if __name__ == "__main__":
    main()
