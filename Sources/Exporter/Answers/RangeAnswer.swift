import CgroupModel

/// The answer of `/api/v1/range`: the times of the samples, and for each cgroup a list of values
/// per field, in the order of the times.
struct RangeAnswer {
    private enum Cell {
        case none
        case reading(Reading)
        case rate(Double)
    }

    private let query: RangeQuery
    private var times: [UInt64] = []
    /// The values by cgroup and field; shorter than ``times`` if the cgroup is gone.
    private var cells: [CgroupPath: [[Cell]]] = [:]

    init(_ query: RangeQuery) { self.query = query }

    /// Adds a sample; throws if the answer becomes too large.
    mutating func add(_ snapshot: Snapshot) throws(RangeQuery.Mistake) {
        guard UInt64(times.count) < RangeQuery.mostPoints else { throw RangeQuery.tooMuch }
        times.append(snapshot.wallTime)
        for (index, entry) in snapshot.cgroups.enumerated()
        where query.pattern.matches(entry.path) {
            // Remove the lists first: a second reference would make each append copy them.
            var lists = cells.removeValue(forKey: entry.path) ?? query.fields.map { _ in [] }
            for (place, field) in query.fields.enumerated() {
                // The cgroup may be missing in earlier samples.
                while lists[place].count < times.count - 1 { lists[place].append(.none) }
                lists[place].append(Self.cell(snapshot, index, field))
            }
            cells[entry.path] = lists
        }
        guard cells.count * times.count * query.fields.count <= RangeQuery.mostValues else {
            throw RangeQuery.tooMuch
        }
    }

    private static func cell(
        _ snapshot: Snapshot, _ index: Int, _ field: RangeQuery.Field
    ) -> Cell {
        guard field.name.isRate else {
            let reading = snapshot.total(index, field.metric.id)
            return reading.isKnown ? .reading(reading) : .none
        }
        return snapshot.totalRate(index, field.metric.id).map { .rate($0) } ?? .none
    }

    /// The answer as a JSON object.
    var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            for (key, time) in [
                ("from", query.range.lowerBound), ("to", query.range.upperBound),
                ("step", query.step),
            ] {
                json.key(key)
                json.literal(Self.seconds(time))
            }
            json.key("times")
            json.array { json in for time in times { json.literal(Self.seconds(time)) } }
            json.key("cgroups")
            json.array { json in
                for (path, lists) in cells.sorted(by: { $0.key < $1.key }) {
                    write(path, lists, to: &json)
                }
            }
        }
        return json.take()
    }

    private func write(_ path: CgroupPath, _ lists: [[Cell]], to json: inout JSONWriter) {
        json.object { json in
            json.key("path")
            json.value(path.text)
            json.key("fields")
            json.object { json in
                for (field, list) in zip(query.fields, lists) {
                    json.key(field.name.canonical)
                    json.array { json in
                        for place in times.indices {
                            switch list.indices.contains(place) ? list[place] : .none {
                            case .none: json.literal("null")
                            case .rate(let rate): json.value(rate)
                            case .reading(let reading): field.metric.write(reading, to: &json)
                            }
                        }
                    }
                }
            }
        }
    }

    /// Formats a time in seconds since 1970.
    static func seconds(_ microseconds: UInt64) -> String {
        DecimalText.fixed(Double(microseconds) / 1e6, places: 3)
    }
}
