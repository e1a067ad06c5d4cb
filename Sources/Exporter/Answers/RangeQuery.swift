import CgroupModel
import KernelIO

/// The query of `/api/v1/range`: some fields of some cgroups in a period of the past.
struct RangeQuery {
    /// The error about an invalid parameter, or an answer that would be too large.
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    /// A metric, or the rate of a counter.
    struct Field {
        let name: CatalogName
        let metric: Metric
    }

    /// The parameters.
    static let names: Set<String> = ["cgroup", "fields", "from", "to", "step"]
    /// The limits on an answer, so that a client cannot choose how much memory the answer takes.
    static let mostPoints: UInt64 = 11_000
    static let mostFields = 32
    static let mostValues = 500_000
    private static let usualLength: UInt64 = 3_600_000_000
    /// The number of points if no step is given.
    private static let usualPoints: UInt64 = 240
    private static let second: UInt64 = 1_000_000

    let pattern: PathPattern
    let fields: [Field]
    /// The period, in microseconds since 1970.
    let range: ClosedRange<UInt64>
    /// The time between two points, in microseconds.
    let step: UInt64

    /// Parses a query at `now`, in microseconds since 1970.
    init(_ query: Substring, now: UInt64) throws(Mistake) {
        guard let cgroup = Query.value(of: "cgroup", in: query), !cgroup.isEmpty else {
            throw Mistake(
                description: "no cgroup given; request "
                    + "/api/v1/range?cgroup=/a/b&fields=memory.current")
        }
        pattern = try Self.pattern(cgroup)
        fields = try Self.fields(Query.value(of: "fields", in: query) ?? "")
        let end = try Query.value(of: "to", in: query).map { text throws(Mistake) in
            try Self.time(text, "to", now)
        }
        let to = end ?? now
        let begin = try Query.value(of: "from", in: query).map { text throws(Mistake) in
            try Self.time(text, "from", now)
        }
        let from = begin ?? (to > Self.usualLength ? to - Self.usualLength : 0)
        guard from <= to else { throw Mistake(description: "to is before from") }
        range = from...to
        guard let text = Query.value(of: "step", in: query) else {
            let even = (to - from) / Self.usualPoints / Self.second * Self.second
            step = max(even, Self.second)
            return
        }
        guard let interval = Interval(argument: text) else {
            throw Mistake(description: "step: \(text.onOneLine) is not a time; use 10s or 1m")
        }
        step = UInt64(interval.seconds * 1e6)
        let points = (to - from) / step + 1
        guard points <= Self.mostPoints else {
            throw Mistake(
                description: "\(points) points, but at most \(Self.mostPoints); use a longer step")
        }
    }

    /// The error about an answer with too many values.
    static let tooMuch = Mistake(
        description: "more than \(mostValues) values; use a longer step, fewer fields or a "
            + "narrower pattern of cgroups")

    /// The error about a period that takes too long to read.
    static func tooLong(_ time: Duration) -> Mistake {
        Mistake(
            description: "reading this period takes more than "
                + "\(time.components.seconds) s; use a longer step or a shorter period")
    }

    private static func pattern(_ text: String) throws(Mistake) -> PathPattern {
        do throws(EventQuery.Mistake) {
            return try EventQuery.pattern(text)
        } catch {
            throw Mistake(description: error.description)
        }
    }

    private static func fields(_ text: String) throws(Mistake) -> [Field] {
        var fields: [Field] = []
        for part in text.split(separator: ",") {
            guard let name = CatalogName(String(part)), let metric = name.metric else {
                throw Mistake(description: CatalogName.refusal(ofMetric: String(part)).onOneLine)
            }
            fields.append(Field(name: name, metric: metric))
        }
        guard !fields.isEmpty else {
            throw Mistake(
                description: "no fields given; request fields=memory.current,cpu.usage_usec.rate")
        }
        guard fields.count <= mostFields else {
            throw Mistake(description: "\(fields.count) fields, but at most \(mostFields)")
        }
        return fields
    }

    /// Parses a time that is not in the future.
    static func time(
        _ text: String, _ name: String, _ now: UInt64
    ) throws(Mistake) -> UInt64 {
        do throws(EventQuery.Mistake) {
            let time = try EventQuery.time(text, now)
            guard time <= now else {
                throw EventQuery.Mistake(description: "\(text.onOneLine) is in the future")
            }
            return time
        } catch {
            throw Mistake(description: "\(name): \(error.description)")
        }
    }
}
