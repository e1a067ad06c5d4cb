#if Exporter
import CgroupModel
import History
import KernelIO
import Reports
import WebClient

/// Another host, seen through the API of its cgwarden.
///
/// Responses are not trusted: their size and time are bounded, and so is the data decoded from
/// them.
struct RemoteHost: Sendable {
    /// The maximum length of a response in bytes.
    private static let mostBytes = 16 << 20
    /// The time limit of a request.
    private static let patience = Duration.seconds(5)

    /// The name and port as given.
    let name: String
    private let base: String
    private let exchange: WebExchange
    private let authorization: String?

    /// Creates a host from the URL of its server; `certificates` is a file of authorities to trust.
    init(_ url: WebURL, certificates: String?, authorization: String?) {
        name = url.authority
        base = url.target.hasSuffix("/") ? String(url.target.dropLast()) : url.target
        exchange = WebExchange(
            url, timeout: Self.patience, certificates: certificates, mostBytes: Self.mostBytes)
        self.authorization = authorization
    }

    /// Which sample is asked for; times are in microseconds since 1970.
    enum Wanted {
        case now
        /// The newest one at or before a time.
        case at(UInt64)
        /// The first one after a time.
        case after(UInt64)

        fileprivate var query: String {
            switch self {
            case .now: ""
            case .at(let time): "&at=" + Self.text(time)
            case .after(let time): "&after=" + Self.text(time)
            }
        }

        private static func text(_ time: UInt64) -> String {
            "@\(time / 1_000_000)." + String(1_000_000 + time % 1_000_000).dropFirst()
        }
    }

    /// Fetches a sample; nil if the host has none for that time.
    func snapshot(_ wanted: Wanted) throws -> Snapshot? {
        guard let body = try get("/api/v1/snapshot?format=recording" + wanted.query) else {
            return nil
        }
        do {
            return try Past.received(body, from: name)
        } catch {
            let reason = (error as? FrameError)?.reason.rawValue ?? Self.short(error)
            throw CgwardenError("\(name): the response is not a sample: \(reason)", .data)
        }
    }

    /// Fetches the times of the first and the last sample of the history; nil without one.
    func span() throws -> ClosedRange<UInt64>? {
        guard let body = try get("/api/v1/history") else { return nil }
        let text = String(decoding: body.prefix(4096), as: UTF8.self)
        guard let first = Self.time("first", in: text), let last = Self.time("last", in: text),
            first <= last
        else { return nil }
        return first...last
    }

    /// Reads a time in seconds from a JSON object of numbers; nil if it has none.
    private static func time(_ key: String, in text: String) -> UInt64? {
        guard let place = text.firstRange(of: "\"\(key)\":") else { return nil }
        let digits = text[place.upperBound...].prefix { "0123456789.".contains($0) }
        guard let seconds = Double(digits), seconds > 0, seconds < 1e11 else { return nil }
        // The times are rounded to milliseconds; none may be cut off.
        return UInt64((seconds * 1e6).rounded()) + (key == "last" ? 1000 : 0)
    }

    /// A message without the name at its start.
    func short(_ message: String) -> Substring {
        message.dropFirst(message.hasPrefix("\(name): ") ? name.count + 2 : 0)
    }

    /// Returns the body of a response; nil if there is nothing there (404).
    private func get(_ target: String) throws -> [UInt8]? {
        let response: WebResponse
        do {
            response = try exchange.send(
                WebRequest(base + target, authorization: authorization))
        } catch {
            let reason = Self.short(error)
            let question =
                reason.hasSuffix("Connection refused")
                ? "; is a cgwarden daemon or exporter listening there?" : ""
            throw CgwardenError("\(name): \(reason)\(question)", .unavailable)
        }
        let sentence = Self.sentence(response.body)
        switch response.status {
        case 200: return response.body
        case 404 where sentence.hasPrefix("no sample") || sentence.hasPrefix("no history"):
            return nil
        case 401:
            throw CgwardenError(
                "\(name): "
                    + (authorization == nil
                        ? "it asks for a password; name a file with --password-file or --netrc"
                        : "it refuses the user or the password"),
                .noPermission)
        case 400:
            throw CgwardenError(
                "\(name): \(sentence); its cgwarden may be older than this one", .unavailable)
        default:
            throw CgwardenError(
                "\(name): HTTP \(response.status)" + (sentence.isEmpty ? "" : ": \(sentence)"),
                response.status == 403 ? .noPermission : .unavailable)
        }
    }

    /// The first line of a response that says why there is no sample, cut and safe to print.
    private static func sentence(_ body: [UInt8]) -> String {
        String(decoding: body.prefix(200).prefix { $0 != 10 && $0 != 13 }, as: UTF8.self).printable
    }

    private static func short(_ error: any Error) -> String {
        String("\(error)".onOneLine.prefix(200))
    }
}
#endif
