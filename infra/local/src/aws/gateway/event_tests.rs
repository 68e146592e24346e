use super::*;

fn event(request: http::Request<&'static [u8]>) -> Value {
    let (parts, body) = request.into_parts();
    let path = raw_path(parts.uri.path());
    let route =
        Found { key: "POST /my/{rest+}", function: "F", parameters: vec![("rest", "path".to_owned())] };
    let place = Place {
        stack: "demo".to_owned(),
        region: "us-east-1".to_owned(),
        account: "123456789012".to_owned(),
        endpoint_url: "http://127.0.0.1:1".to_owned(),
        api_url: "http://127.0.0.1:4400".to_owned(),
    };
    let request = Incoming {
        parts: &parts,
        body: &Bytes::from_static(body),
        path: &path,
        route: &route,
        source_ip: IpAddr::from([127, 0, 0, 1]),
        place: &place,
        request_id: "id".to_owned(),
        now: Timestamp::from_millisecond(1_583_348_638_390).unwrap(),
    };
    build(&request, &Ids::default())
}

#[test]
fn the_event_has_the_shape_of_payload_format_2() {
    let request = http::Request::post("/my/pa%74h?Parameter1=value1&Parameter1=value%202&flag")
        .header("Header1", "value1")
        .header("Header2", "value1")
        .header("header2", "value2")
        .header("Cookie", "cookie1=a; cookie2=b")
        .header("user-agent", "agent")
        .header("content-type", "application/json; charset=utf-8")
        .body(&b"{\r\n\t\"a\": 1\r\n}"[..])
        .unwrap();
    let mut event = event(request);
    let trace = event["headers"]["x-amzn-trace-id"].take();
    assert!(trace.as_str().unwrap().starts_with("Root=1-5e5ffb9e-"), "{trace}");
    assert_eq!(
        event,
        json!({
            "version": "2.0",
            "routeKey": "POST /my/{rest+}",
            "rawPath": "/my/path",
            "rawQueryString": "Parameter1=value1&Parameter1=value%202&flag",
            "cookies": ["cookie1=a", "cookie2=b"],
            "headers": {
                "header1": "value1",
                "header2": "value1,value2",
                "user-agent": "agent",
                "content-type": "application/json; charset=utf-8",
                "x-amzn-trace-id": null,
                "x-forwarded-for": "127.0.0.1",
                "x-forwarded-port": "4400",
                "x-forwarded-proto": "http",
            },
            "queryStringParameters": {"Parameter1": "value1,value 2", "flag": ""},
            "pathParameters": {"rest": "path"},
            "requestContext": {
                "routeKey": "POST /my/{rest+}",
                "accountId": "123456789012",
                "stage": "$default",
                "requestId": "id",
                "apiId": "local",
                "domainName": "127.0.0.1:4400",
                "domainPrefix": "local",
                "time": "04/Mar/2020:19:03:58 +0000",
                "timeEpoch": 1_583_348_638_390_i64,
                "http": {
                    "method": "POST",
                    "path": "/my/path",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1",
                    "userAgent": "agent",
                },
            },
            "body": "{\r\n\t\"a\": 1\r\n}",
            "isBase64Encoded": false,
        })
    );
}

#[test]
fn forms_and_bytes_are_base64() {
    for (content_type, body) in [
        ("application/x-www-form-urlencoded", &b"payload=%7B%7D"[..]),
        ("application/json", &b"\xff\xfe"[..]),
        ("image/png", &b"png"[..]),
    ] {
        let event =
            event(http::Request::post("/my/x").header("content-type", content_type).body(body).unwrap());
        assert_eq!(event["isBase64Encoded"], true, "{content_type}");
        assert_eq!(STANDARD.decode(event["body"].as_str().unwrap()).unwrap(), body);
    }
}

#[test]
fn no_body_is_no_body() {
    let event = event(http::Request::get("/my/x").body(&b""[..]).unwrap());
    assert_eq!(
        (event.get("body"), event.get("cookies"), event.get("queryStringParameters")),
        (None, None, None)
    );
}

#[test]
fn the_path_is_decoded_and_ends_at_a_decoded_question_mark() {
    for (path, expected) in
        [("/a%2Fb/c", "/a/b/c"), ("/a%3Fx/b", "/a"), ("/100%/x", "/100%/x"), ("/%C3%A4+b", "/ä+b")]
    {
        assert_eq!(raw_path(path), expected);
    }
}
