#if Exporter
import KernelIO
import Logging
import NIOCore
import NIOHTTP1

/// The past.
extension Responder {
    /// Returns all cgroups, now or at a time.
    func snapshot(_ query: Substring, _ request: HTTPHeaders) async -> Response {
        guard let text = Query.value(of: "at", in: query) else { return await snapshot(request) }
        let now = MonotonicClock.wallMicroseconds
        return await past(request) { history in
            try await history.snapshot(at: try RangeQuery.time(text, "at", now))
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
        _ request: HTTPHeaders, _ answer: (HistoryFeed) async throws -> ByteBuffer
    ) async -> Response {
        let absent = "no history here; cgwarden daemon keeps it"
        guard let history else { return .sentence(.notFound, absent) }
        guard history.enter() else {
            return .sentence(
                .serviceUnavailable, "too many requests for the past; try again later",
                headers: [("Retry-After", "5")])
        }
        defer { history.leave() }
        do {
            return json(try await answer(history), request)
        } catch let mistake as RangeQuery.Mistake {
            return .sentence(.badRequest, mistake.description)
        } catch HistoryFeed.Absence.noHistory {
            return .sentence(.notFound, absent)
        } catch HistoryFeed.Absence.noSample {
            return .sentence(.notFound, "no sample at or before this time")
        } catch {
            logger.debug("the history could not be read: \(error)")
            return .sentence(.internalServerError, "reading the history failed")
        }
    }
}
#endif
