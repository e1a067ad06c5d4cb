#if Exporter
import CgroupModel
import Logging
import NIOCore
import NIOHTTP1

/// Which request gets which answer.
struct Responder: Sendable {
    let exposition: Exposition
    let version: String
    let logger: Logger

    /// The answer to a GET; for a HEAD the caller leaves the body out.
    func response(to head: HTTPRequestHead) async -> Response {
        let path = head.uri.prefix { $0 != "?" }
        guard ["/", "/metrics", "/-/healthy", "/-/ready"].contains(path) else {
            return .sentence(.notFound, "There is nothing here; metrics are at /metrics.")
        }
        guard head.method == .GET || head.method == .HEAD else {
            return .sentence(
                .methodNotAllowed, "This can only be read: use GET.",
                headers: [("Allow", "GET, HEAD")])
        }
        switch path {
        case "/metrics": return await metrics(head)
        case "/-/healthy": return .sentence(.ok, "cgwarden is healthy.")
        case "/-/ready": return await readiness()
        default: return landingPage
        }
    }

    private func metrics(_ head: HTTPRequestHead) async -> Response {
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
            guard let body = try await exposition.body(format, collectors: collectors, gzip: gzip)
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

    private var notReady: Response {
        .sentence(.serviceUnavailable, "There is no sample yet; try again in a moment.")
    }

    private func failure(_ error: any Error) -> Response {
        logger.debug("no sample for a scrape", metadata: ["error": "\(error)"])
        return .sentence(.internalServerError, "No sample could be taken: \(error)")
    }

    private var landingPage: Response {
        let page = """
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><title>cgwarden</title></head>
            <body>
            <h1>cgwarden</h1>
            <p>Metrics of Linux control groups. Version \(version).</p>
            <ul>
            <li><a href="metrics">Metrics</a></li>
            <li><a href="-/healthy">Healthy</a></li>
            <li><a href="-/ready">Ready</a></li>
            </ul>
            </body>
            </html>

            """
        return Response(contentType: "text/html; charset=utf-8", body: ByteBuffer(string: page))
    }
}
#endif
