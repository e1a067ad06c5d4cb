#if Exporter
import CgroupModel
import KernelIO
import NIOCore
import NIOHTTP1

/// The web page and the API that it reads.
extension Responder {
    private static let jsonType = "application/json; charset=utf-8"
    private static let apiHeaders = [
        ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
    ]

    /// Returns a file of the web page.
    func file(_ file: WebPage.File, _ request: HTTPHeaders) -> Response {
        whole(file.body, file.contentType, WebPage.headers, request)
    }

    /// Returns all cgroups with all their values, in the form of a recording.
    func recorded(
        _ encode: @Sendable (Snapshot) -> [UInt8], _ request: HTTPHeaders
    ) async -> Response {
        do {
            guard let snapshot = try await exposition.collect() else { return notReady }
            return recorded(ByteBuffer(bytes: encode(snapshot)), request)
        } catch {
            return failure(error)
        }
    }

    /// Returns a recording, compressed if the client accepts that.
    func recorded(_ body: ByteBuffer, _ request: HTTPHeaders) -> Response {
        whole(body, "application/octet-stream", Self.apiHeaders, request)
    }

    /// Returns all cgroups with the figures of the live view.
    func snapshot(_ request: HTTPHeaders) async -> Response {
        do {
            guard let json = try await feed.json() else { return notReady }
            return whole(json, Self.jsonType, Self.apiHeaders, request)
        } catch {
            return failure(error)
        }
    }

    /// Returns a stream of server-sent events with each new sample, in the same form.
    func stream() async -> Response { stream(of: await feed.events()) }

    /// Returns the newest events of a query, or a stream of new ones if the client accepts one.
    func eventsAnswer(_ query: Substring, _ request: HTTPHeaders) async -> Response {
        guard let events else {
            return .sentence(.notFound, "no events here; only cgwarden daemon keeps them")
        }
        let wanted: EventQuery
        do throws(EventQuery.Mistake) {
            wanted = try EventQuery(query, now: MonotonicClock.wallMicroseconds)
        } catch {
            return .sentence(.badRequest, error.description)
        }
        guard request["Accept"].contains(where: { $0.contains("text/event-stream") }) else {
            return whole(await events.json(wanted), Self.jsonType, Self.apiHeaders, request)
        }
        let reached = request.first(name: "Last-Event-ID").flatMap { UInt64($0) }
        return stream(of: await events.stream(wanted, after: reached))
    }

    private func stream(of pieces: AsyncStream<ByteBuffer>?) -> Response {
        guard let pieces else {
            return .sentence(
                .serviceUnavailable, "too many readers of the stream; try again later",
                headers: [("Retry-After", "10")])
        }
        var response = Response(
            contentType: "text/event-stream",
            headers: Self.apiHeaders + [("X-Accel-Buffering", "no")], body: ByteBuffer())
        response.pieces = pieces
        return response
    }

    /// Returns all values of one cgroup, in the form of a line of `cgwarden stat --json`.
    func cgroup(_ query: Substring, _ request: HTTPHeaders) async -> Response {
        guard let text = Query.value(of: "path", in: query) else {
            return .sentence(.badRequest, "no cgroup given; request /api/v1/cgroup?path=/a/b")
        }
        do {
            guard let snapshot = try await exposition.collect() else { return notReady }
            let (path, index) = Self.cgroup(typed: text, in: snapshot)
            guard let index else { return .sentence(.notFound, "no cgroup \(path)") }
            var json = JSONWriter()
            snapshot.write(index, to: &json, withTime: true, withRates: true)
            return whole(
                ByteBuffer(bytes: json.take()), Self.jsonType, Self.apiHeaders, request)
        } catch {
            return failure(error)
        }
    }

    /// Returns the explanation of one cgroup, in the form of `cgwarden explain --json`.
    func explanation(_ query: Substring, _ request: HTTPHeaders) async -> Response {
        guard let text = Query.value(of: "cgroup", in: query) else {
            return .sentence(.badRequest, "no cgroup given; request /api/v1/explain?cgroup=/a/b")
        }
        do {
            guard let snapshot = try await exposition.collect() else { return notReady }
            let (path, index) = Self.cgroup(typed: text, in: snapshot)
            guard let index else { return .sentence(.notFound, "no cgroup \(path)") }
            let json = await explainer.json(index, in: snapshot)
            return whole(ByteBuffer(bytes: json), Self.jsonType, Self.apiHeaders, request)
        } catch {
            return failure(error)
        }
    }

    private static func cgroup(
        typed text: String, in snapshot: Snapshot
    ) -> (path: CgroupPath, index: Int?) {
        let path = CgroupPath(typed: text) { snapshot.index(of: $0) != nil }
        return (path, snapshot.index(of: path))
    }

    /// Returns the kind, unit, help and other names of each metric in the catalog.
    func metricNames(_ request: HTTPHeaders) -> Response {
        var json = JSONWriter()
        json.object { json in
            for metric in MetricCatalog.all {
                json.key(metric.name)
                json.object { json in
                    for (key, text) in [
                        ("kind", "\(metric.kind)"), ("unit", "\(metric.unit)"),
                        ("help", metric.help),
                    ] {
                        json.key(key)
                        json.value(text)
                    }
                    json.key("aliases")
                    json.array { json in
                        for name in CatalogName.others(of: metric) { json.value(name) }
                    }
                }
            }
        }
        return whole(ByteBuffer(bytes: json.take()), Self.jsonType, Self.apiHeaders, request)
    }

    /// Returns JSON, compressed if the client accepts that.
    func json(_ body: ByteBuffer, _ request: HTTPHeaders) -> Response {
        whole(body, Self.jsonType, Self.apiHeaders, request)
    }

    private func whole(
        _ body: ByteBuffer, _ type: String, _ headers: [(String, String)], _ request: HTTPHeaders
    ) -> Response {
        let headers = headers + [("Vary", "Accept-Encoding")]
        let accepted = request["Accept-Encoding"].joined(separator: ",")
        guard body.readableBytes >= Gzip.smallestBody,
            Negotiation.allowsGzip(acceptEncoding: accepted), let packed = try? Gzip.compress(body)
        else { return Response(contentType: type, headers: headers, body: body) }
        return Response(
            contentType: type, headers: headers + [("Content-Encoding", "gzip")], body: packed)
    }
}
#endif
