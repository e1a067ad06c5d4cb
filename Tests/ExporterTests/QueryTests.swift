#if Exporter
import NIOHTTP1
import Testing

@testable import Exporter

@Suite struct QueryTests {
    @Test(arguments: [
        ("path=/a/b", "/a/b"), ("x=1&path=%2Fa%20b+c&path=/z", "/a b c"), ("path", ""),
        ("p%61th=%c3%A4", "ä"), ("path=a=b", "a=b"),
        // Invalid escapes are kept: a sign is not a digit.
        ("path=%zz%2%", "%zz%2%"), ("path=%-0%+2", "%-0% 2"), ("path=%ff", #"\xff"#),
    ])
    func queryValuesAreDecoded(query: String, value: String) {
        #expect(Query.value(of: "path", in: query[...]) == value)
    }

    @Test func missingParameterIsNil() {
        for query in ["", "&&", "=", "paths=1", "Path=1"] {
            #expect(Query.value(of: "path", in: query[...]) == nil, "\(query)")
        }
    }

    @Test(arguments: [
        ("10", 9.5), ("1.2", 0.7), ("1", 0.5), ("0.8", 0.4), ("0", nil), ("-1", nil), ("nan", nil),
        ("inf", nil), ("1e9", nil), ("", nil), ("10s", nil),
    ])
    func scrapeTimeoutReservesHalfASecond(timeout: String, patience: Double?) {
        let headers: HTTPHeaders = ["X-Prometheus-Scrape-Timeout-Seconds": timeout]
        #expect(ScrapeTimeout.patience(headers) == patience.map { .seconds($0) })
    }
}
#endif
