import Exporter
import Testing

@Suite struct NegotiationTests {
    @Test(arguments: [
        // Prometheus 2.42 and 3.x, vmagent, curl and a browser.
        (
            "application/openmetrics-text;version=1.0.0,"
                + "application/openmetrics-text;version=0.0.1;q=0.75,"
                + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", ExpositionFormat.openMetrics
        ),
        (
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                + "application/openmetrics-text;version=0.0.1;q=0.5,"
                + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
                + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2", .openMetrics
        ),
        ("text/plain;version=0.0.4;q=1,*/*;q=0.1", .text),
        ("*/*", .text),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", .text),
        // By quality, and by order where that is equal.
        ("text/plain;q=0.5,application/openmetrics-text;q=0.6", .openMetrics),
        ("application/openmetrics-text;q=0.5,text/plain;q=0.6", .text),
        ("application/openmetrics-text,text/plain", .openMetrics),
        ("text/plain,application/openmetrics-text", .text),
        ("*/*,application/openmetrics-text", .text),
        // Versions, blanks, case, and parameters that mean nothing here.
        ("application/openmetrics-text;version=0.0.1", .text),
        ("application/openmetrics-text;version=2.0.0,*/*;q=0.1", .text),
        (
            " Application/OpenMetrics-Text ; Version=1.0.0 ; Q=0.9 , text/plain ; q=0.1",
            .openMetrics
        ),
        ("application/openmetrics-text;charset=utf-8;foo", .openMetrics),
        ("text/plain;version=1.0.0,application/openmetrics-text;q=0.1", .openMetrics),
        // Excluded, empty, garbage.
        ("application/openmetrics-text;q=0,*/*;q=0.1", .text),
        ("application/openmetrics-text;q=0", .text),
        ("application/openmetrics-text;q=0.000", .text),
        ("application/openmetrics-text;q=nan,text/plain;q=0.1", .text),
        ("application/openmetrics-text;q=2", .text),
        ("", .text), (",,;;,=", .text), ("application/json", .text),
        ("application/vnd.google.protobuf", .text), ("text/*", .text), ("\u{fe}/\u{ff};q=", .text),
    ])
    func bestAcceptedFormatIsChosen(accept: String, format: ExpositionFormat) {
        #expect(Negotiation.format(accept: accept) == format, "\(accept)")
    }

    @Test(arguments: [
        ("gzip", true), ("gzip, deflate, br", true), ("deflate;q=1, GZIP ;q=0.001", true),
        ("", false), ("identity", false), ("gzip;q=0", false), ("gzip;q=x", false), ("*", false),
        ("x-gzip-like", false), ("deflate", false),
    ])
    func gzipIsSentOnlyWhenNamed(encoding: String, allowed: Bool) {
        #expect(Negotiation.allowsGzip(acceptEncoding: encoding) == allowed, "\(encoding)")
    }

    @Test func mediaTypesAreExact() {
        #expect(
            ExpositionFormat.text.contentType == "text/plain; version=0.0.4; charset=utf-8")
        #expect(
            ExpositionFormat.openMetrics.contentType
                == "application/openmetrics-text; version=1.0.0; charset=utf-8")
    }
}

@Suite struct ListenAddressTests {
    @Test(arguments: [
        ("127.0.0.1:10980", "127.0.0.1", 10980), ("localhost:0", "localhost", 0),
        ("[::1]:80", "::1", 80), (":9100", "", 9100),
    ])
    func listenAddressesRoundTrip(text: String, host: String, port: Int) throws {
        let address = try ListenAddress(parsing: text)
        #expect(address == ListenAddress(host: host, port: port))
        #expect(address.description == text)
    }

    @Test(arguments: [
        "", "10980", "127.0.0.1", "127.0.0.1:", ":", "::1:80", "[]:80", "[::1:80", "a:65536",
        "a:-1", "a:+1", "a:1 ", "a b:1", "a:http", "[a[\u{301}b]:9", "a]\u{301}:9", "ä:1",
    ])
    func invalidListenAddressIsRefusedWithAnExample(text: String) {
        let error = #expect(throws: ListenAddressError.self) { try ListenAddress(parsing: text) }
        #expect(error?.description.contains("'\(text)'") == true)
        #expect(error?.description.contains("127.0.0.1:10980") == true)
    }
}
