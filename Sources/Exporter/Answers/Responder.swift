#if Exporter
import CgroupModel
import Logging
import NIOCore
import NIOHTTP1

/// Routes each request to its response.
struct Responder: Sendable {
    let exposition: Exposition
    let feed: SampleFeed
    let page: WebPage
    /// The path of the metrics, `/metrics` by default.
    let telemetryPath: String
    let logger: Logger

    private static let paths: Set<String> = [
        "/", "/metrics/cadvisor", "/-/healthy", "/-/ready", "/api/v1/snapshot", "/api/v1/stream",
        "/api/v1/cgroup", "/api/v1/metrics",
    ]

    /// The parameters of each API path.
    ///
    /// A request with an unknown parameter is refused, not answered as if the parameter were
    /// missing.
    private static let parameters: [String: Set<String>] = [
        "/api/v1/snapshot": [], "/api/v1/stream": [], "/api/v1/metrics": [],
        "/api/v1/cgroup": ["path"],
    ]

    /// Returns the response to a GET; for a HEAD, the caller leaves out the body.
    func response(to head: HTTPRequestHead) async -> Response {
        let path = String(head.uri.prefix { $0 != "?" })
        guard path == telemetryPath || Self.paths.contains(path) else {
            return .sentence(.notFound, "There is nothing here; metrics are at \(telemetryPath).")
        }
        guard head.method == .GET || head.method == .HEAD else {
            return .sentence(
                .methodNotAllowed, "This can only be read: use GET.",
                headers: [("Allow", "GET, HEAD")])
        }
        let query = head.uri.dropFirst(path.count + 1)
        if let known = Self.parameters[path],
            let other = Query.pairs(in: query).first(where: { !known.contains($0.name) })
        {
            let takes = known.isEmpty ? "no parameters" : known.sorted().joined(separator: ", ")
            return .sentence(
                .badRequest,
                "There is no parameter \(other.name.onOneLine); \(path) takes \(takes).")
        }
        switch path {
        case telemetryPath: return await metrics(.own, head)
        case "/metrics/cadvisor": return await metrics(.cadvisor, head)
        case "/-/healthy": return .sentence(.ok, "cgwarden is healthy.")
        case "/-/ready": return await readiness()
        case "/api/v1/snapshot": return await snapshot(head.headers)
        case "/api/v1/stream": return await stream()
        case "/api/v1/cgroup":
            return await cgroup(query, head.headers)
        case "/api/v1/metrics": return metricNames(head.headers)
        default: return webPage(head.headers)
        }
    }

    private func metrics(
        _ vocabulary: Exposition.Vocabulary, _ head: HTTPRequestHead
    ) async -> Response {
        let headers = head.headers
        let collectors: Set<Collector>?
        do throws(CollectorQuery.Mistake) {
            collectors = try CollectorQuery.collectors(
                in: head.uri.drop { $0 != "?" }.dropFirst())
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
            return try await exposition.isReady() ? .sentence(.ok, "cgwarden is ready.") : notReady
        } catch {
            return failure(error)
        }
    }

    var notReady: Response {
        .sentence(.serviceUnavailable, "There is no sample yet; try again in a moment.")
    }

    func failure(_ error: any Error) -> Response {
        logger.debug("no sample for a request", metadata: ["error": "\(error)"])
        return .sentence(.internalServerError, "No sample could be taken: \(error)")
    }
}
#endif
