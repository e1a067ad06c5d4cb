#if Exporter
import CgroupModel
import Logging
import NIOCore
import NIOHTTP1

/// Routes each request to its response.
struct Responder: Sendable {
    let exposition: Exposition
    let feed: SampleFeed
    let explainer: Explainer
    /// The events; nil if this program keeps none.
    let events: EventFeed?
    /// The past; nil if this program has none.
    let history: HistoryFeed?
    let page: WebPage
    /// Encodes a sample as a recording; nil if this program cannot.
    let recording: (@Sendable (Snapshot) -> [UInt8])?
    /// The path of the metrics, `/metrics` by default.
    let telemetryPath: String
    let logger: Logger

    /// The parameters and the handler of a path.
    private struct Route: Sendable {
        /// The query parameters that the path takes; nil if `answer` checks or ignores them itself.
        ///
        /// A request with an unknown parameter is refused, not answered as if the parameter were
        /// missing.
        let parameters: Set<String>?
        let answer: @Sendable (Responder, HTTPRequestHead, _ query: Substring) async -> Response

        init(
            _ parameters: Set<String>? = nil,
            _ answer:
                @escaping @Sendable (Responder, HTTPRequestHead, Substring) async -> Response
        ) {
            self.parameters = parameters
            self.answer = answer
        }
    }

    /// The path of the list of endpoints.
    private static let root = "/api/v1/"

    private static let telemetry = Route { await $0.metrics(.own, $1.headers, $2) }
    private static let routes: [String: Route] = [
        "/": Route { responder, head, _ in responder.file(responder.page.document, head.headers) },
        "/page.css": Route { responder, head, _ in
            responder.file(responder.page.style, head.headers)
        },
        "/page.js": Route { responder, head, _ in
            responder.file(responder.page.script, head.headers)
        },
        "/metrics/cadvisor": Route { await $0.metrics(.cadvisor, $1.headers, $2) },
        "/-/healthy": Route { _, _, _ in .sentence(.ok, "cgwarden is healthy") },
        "/-/ready": Route { responder, _, _ in await responder.readiness() },
        "/api/v1": Route([]) { responder, head, _ in responder.index(head.headers) },
        Self.root: Route([]) { responder, head, _ in responder.index(head.headers) },
        "/api/v1/snapshot": Route(["at", "after", "format"]) { await $0.snapshot($2, $1.headers) },
        "/api/v1/history": Route([]) { responder, head, _ in await responder.span(head.headers) },
        "/api/v1/range": Route(RangeQuery.names) { await $0.range($2, $1.headers) },
        "/api/v1/stream": Route([]) { responder, _, _ in await responder.stream() },
        "/api/v1/cgroup": Route(["path"]) { await $0.cgroup($2, $1.headers) },
        "/api/v1/explain": Route(["cgroup"]) { await $0.explanation($2, $1.headers) },
        "/api/v1/events": Route(EventQuery.names) { await $0.eventsAnswer($2, $1.headers) },
        "/api/v1/metrics": Route([]) { responder, head, _ in responder.metricNames(head.headers) },
    ]

    /// Returns the response to a GET; for a HEAD, the caller leaves out the body.
    func response(to head: HTTPRequestHead) async -> Response {
        let path = String(head.uri.prefix { $0 != "?" })
        guard let route = path == telemetryPath ? Self.telemetry : Self.routes[path] else {
            let remedy =
                path.hasPrefix("/api/")
                ? "the endpoints are listed at /api/v1/" : "metrics are at \(telemetryPath)"
            return .sentence(.notFound, "not found; \(remedy)")
        }
        guard head.method == .GET || head.method == .HEAD else {
            return .sentence(
                .methodNotAllowed, "method not allowed; use GET",
                headers: [("Allow", "GET, HEAD")])
        }
        let query = head.uri.dropFirst(path.count + 1)
        if let known = route.parameters,
            let other = Query.pairs(in: query).first(where: { !known.contains($0.name) })
        {
            let takes = known.isEmpty ? "no parameters" : known.sorted().joined(separator: ", ")
            return .sentence(
                .badRequest,
                "unknown parameter \(other.name.onOneLine); \(path) takes \(takes)")
        }
        return await route.answer(self, head, query)
    }

    /// Returns the endpoints of the JSON API, each with its parameters.
    private func index(_ headers: HTTPHeaders) -> Response {
        var json = JSONWriter()
        json.object { json in
            json.array("endpoints") { json in
                let own = Self.routes.filter { $0.key.hasPrefix(Self.root) && $0.key != Self.root }
                for (path, route) in own.sorted(by: { $0.key < $1.key }) {
                    json.object { json in
                        json.member("path", path)
                        json.array("parameters") { json in
                            for name in (route.parameters ?? []).sorted() { json.value(name) }
                        }
                    }
                }
            }
        }
        json.newline()
        return self.json(ByteBuffer(bytes: json.take()), headers)
    }

    private func metrics(
        _ vocabulary: Exposition.Vocabulary, _ headers: HTTPHeaders, _ query: Substring
    ) async -> Response {
        let collectors: Set<Collector>?
        do throws(CollectorQuery.Mistake) {
            collectors = try CollectorQuery.collectors(in: query)
        } catch {
            return .sentence(.badRequest, error.description)
        }
        let format = Negotiation.format(accept: headers["Accept"].joined(separator: ","))
        let gzip = Negotiation.allowsGzip(
            acceptEncoding: headers["Accept-Encoding"].joined(separator: ","))
        do {
            guard
                let body = try await exposition.body(
                    vocabulary, format, collectors: collectors, gzip: gzip)
            else { return notReady }
            var headers = [("Vary", "Accept, Accept-Encoding")]
            if body.isCompressed { headers.append(("Content-Encoding", "gzip")) }
            return Response(contentType: format.contentType, headers: headers, body: body.bytes)
        } catch {
            return failure(error)
        }
    }

    private func readiness() async -> Response {
        do {
            return try await exposition.isReady() ? .sentence(.ok, "cgwarden is ready") : notReady
        } catch {
            return failure(error)
        }
    }

    var notReady: Response {
        .sentence(.serviceUnavailable, "no sample yet; try again later")
    }

    func failure(_ error: any Error) -> Response {
        logger.debug("a request was answered without a sample: \(error)")
        return .sentence(.internalServerError, "sampling failed: \(error)")
    }
}
#endif
