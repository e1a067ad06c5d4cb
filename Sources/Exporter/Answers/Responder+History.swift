#if Exporter
import KernelIO
import Logging
import NIOCore
import NIOHTTP1

/// The answers about the past.
extension Responder {
    /// Returns all cgroups: now, at a time, or in the first sample after one.
    func snapshot(_ query: Substring, _ request: HTTPHeaders) async -> Response {
        let format = Query.value(of: "format", in: query) ?? "json"
        let encode = format == "recording" ? recording : nil
        guard format == "json" || encode != nil else {
            return .sentence(.badRequest, "format must be json or recording")
        }
        let at = Query.value(of: "at", in: query)
        guard let text = at ?? Query.value(of: "after", in: query) else {
            guard let encode else { return await snapshot(request) }
            return await recorded(encode, request)
        }
        let now = MonotonicClock.wallMicroseconds
        return await past(request, isJSON: encode == nil) { history in
            let time = try RangeQuery.time(text, at == nil ? "after" : "at", now)
            return try await history.snapshot(time, isAfter: at == nil, as: encode)
        }
    }

    /// Returns the times that the history covers; an empty object if there is none.
    func span(_ request: HTTPHeaders) async -> Response {
        guard history != nil else { return json(ByteBuffer(string: "{}"), request) }
        return await past(request) { try await $0.span() }
    }

    /// Returns some fields of some cgroups in a period.
    func range(_ query: Substring, _ request: HTTPHeaders) async -> Response {
        let now = MonotonicClock.wallMicroseconds
        return await past(request) { history in
            try await history.range(try RangeQuery(query, now: now))
        }
    }

    private func past(
        _ request: HTTPHeaders, isJSON: Bool = true,
        _ answer: (HistoryFeed) async throws -> ByteBuffer
    ) async -> Response {
        let absent = "no history here; only cgwarden daemon keeps one"
        guard let history else { return .sentence(.notFound, absent) }
        guard history.enter() else {
            return .sentence(
                .serviceUnavailable, "too many requests for the past; try again later",
                headers: [("Retry-After", "5")])
        }
        defer { history.leave() }
        do {
            let body = try await answer(history)
            return isJSON ? json(body, request) : recorded(body, request)
        } catch let mistake as RangeQuery.Mistake {
            return .sentence(.badRequest, mistake.description)
        } catch HistoryFeed.Absence.noHistory {
            return .sentence(.notFound, absent)
        } catch HistoryFeed.Absence.noSample {
            return .sentence(.notFound, "no sample at this time")
        } catch {
            logger.debug("the history could not be read: \(error)")
            return .sentence(.internalServerError, "reading the history failed")
        }
    }
}
#endif
