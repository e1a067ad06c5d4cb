import CgroupModel
import Events
import KernelIO

/// The query of `/api/v1/events`: the filters of `cgwarden events` under the same names.
struct EventQuery {
    /// The error about an invalid parameter.
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    /// The parameters.
    static let names: Set<String> = ["kind", "cgroup", "since", "until", "n"]
    private static let usual = 1000
    /// The maximum number of events that a client may request.
    private static let mostEvents = 20_000
    /// The bounds of a pattern in bytes and stars, so that no client can make a search long.
    private static let longestPattern = 256
    private static let mostStars = 8

    /// The selected events.
    var selection = EventSelection()
    /// The maximum number of events (in a stream, of past events); nil if not given.
    var most: Int?

    /// Parses a query at `now`, in microseconds since 1970.
    init(_ query: Substring, now: UInt64) throws(Mistake) {
        for (name, value) in Query.pairs(in: query) {
            switch name {
            case "kind":
                do throws(EventKind.Mistake) {
                    selection.kinds = try EventKind.list(parsing: value)
                } catch {
                    throw Mistake(description: error.description)
                }
            case "cgroup":
                selection.pattern = try Self.pattern(value)
            case "since": selection.since = try Self.time(value, now)
            case "until": selection.until = try Self.time(value, now)
            default:
                guard let number = Int(digits: value), number > 0 else {
                    throw Mistake(description: "n must be at least 1")
                }
                most = min(number, Self.mostEvents)
            }
        }
    }

    /// The maximum number of events in an answer.
    var count: Int { most ?? Self.usual }

    /// The maximum number of past events at the start of a stream.
    var past: Int { most ?? (selection.since == nil ? 0 : Self.usual) }

    /// Parses a pattern of paths.
    static func pattern(_ text: String) throws(Mistake) -> PathPattern {
        guard text.utf8.count <= longestPattern, text.count(where: { $0 == "*" }) <= mostStars
        else {
            throw Mistake(
                description: "a pattern has at most \(longestPattern) bytes and "
                    + "\(mostStars) times *")
        }
        guard let pattern = PathPattern(text) else {
            throw Mistake(description: "the pattern \(text.onOneLine) has an unclosed bracket")
        }
        return pattern
    }

    /// Parses a time, or seconds since 1970, to microseconds since 1970.
    static func time(_ text: String, _ now: UInt64) throws(Mistake) -> UInt64 {
        if let seconds = Double(text), seconds >= 0, seconds < 1e11 {
            return UInt64(seconds * 1e6)
        }
        guard let time = WrittenTime(argument: text) else {
            throw Mistake(
                description: "\(text.onOneLine) is not a time; use \(WrittenTime.forms) or "
                    + "seconds since 1970")
        }
        do throws(WrittenTime.Mistake) {
            return try time.instant(before: now)
        } catch {
            throw Mistake(description: error.description)
        }
    }
}
