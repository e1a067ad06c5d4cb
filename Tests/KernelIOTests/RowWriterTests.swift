import CgroupModel
import KernelIO
import TestSupport
import Testing

/// Values and the values before them, from one pass to the next.
@Suite struct RowWriterTests {
    @Test func counterKeepsItsPreviousValue() throws {
        let file = try #require(OneFile("pids.events", unified: true))
        #expect(file.read("max 1\n"))
        #expect(file.previous("pids.events.max") == .absent)
        #expect(file.read("max 5\n"))
        #expect(file.previous("pids.events.max") == Reading(1))
        #expect(!file.read("max x\n"))
        #expect(file.read("max 9\n"))
        // The file in between was malformed, so there is nothing to compare with.
        #expect(file.previous("pids.events.max")?.value == nil)
        #expect(file.read("max 9\n"))
        #expect(file.previous("pids.events.max") == Reading(9))
    }

    @Test func devicesAreMatchedInAnyOrder() throws {
        let file = try #require(OneFile("io.stat", unified: true, only: "io.rbytes"))
        #expect(file.read("8:0 rbytes=1\n8:16 rbytes=2\n8:32 rbytes=3\n"))
        #expect(file.read("8:32 rbytes=30\n8:0 rbytes=10\n"))
        #expect(file.before == ["8:32": 3, "8:0": 1])
        #expect(file.read("8:0 rbytes=11\n8:48 rbytes=4\n8:32 rbytes=31\n"))
        #expect(file.before == ["8:0": 10, "8:32": 30])
        // A malformed value is not a baseline for the next one.
        #expect(!file.read("8:0 rbytes=12\n8:48 rbytes=\n"))
        #expect(file.before == ["8:0": 11, "8:48": 4])
        #expect(file.read("8:0 rbytes=13\n8:48 rbytes=5\n"))
        #expect(file.before == ["8:0": 12])
    }

    @Test func onlyCountersKeepPreviousValues() throws {
        let file = try #require(OneFile("memory.numa_stat", unified: true))
        #expect(file.read("anon N0=1\n"))
        #expect(file.read("anon N0=2\n"))
        #expect(file.previous("memory.numa.anon") == .absent)
    }

    @Test func rowsAreIndependent() throws {
        let metrics = ["pids.current", "pids.events.max", "io.rbytes", "io.wbytes"].compactMap {
            MetricCatalog.metric(named: $0)
        }
        let schema = Schema(metrics.map(\.id))
        var writer = RowWriter(schema: schema)
        let files = try ["pids.current", "pids.events", "io.stat"].map { name in
            let own = metrics.filter { $0.v2?.file == name }
            let fields = try own.map {
                FieldLayout(
                    $0, source: try #require($0.v2), column: schema.column(of: $0.id))
            }
            return FileLayout(
                name: Array(name.utf8),
                format: .of(own[0], try #require(own[0].v2)), fields: fields)
        }
        let columns = files.map { FileColumns($0) }
        var parsers = zip(files, columns).map { FileParser($0, $1) }
        for _ in 0..<3 { writer.appendRow() }

        func text(_ row: Int, _ step: Int) -> [String] {
            let n = row * 100 + step
            return ["\(n)\n", "max \(n)\n", "8:0 rbytes=\(n) wbytes=\(n + 1)\n"]
        }
        func pass(_ step: Int, carrying: Set<Int> = []) {
            writer.beginPass()
            for row in 0..<3 {
                writer.beginRow(row)
                for index in files.indices {
                    if carrying.contains(row) {
                        writer.hold(columns[index])
                        writer.carry(columns[index])
                    } else {
                        let bytes = Array(text(row, step)[index].utf8)
                        #expect(parsers[index].parse(bytes.span, into: &writer))
                    }
                }
                writer.endRow()
            }
        }
        func line(_ row: Int) -> [UInt64?] {
            let block = writer.block
            let values = block.values[(row * schema.width)..<((row + 1) * schema.width)]
            let before = block.previous[(row * schema.counterCount)...].prefix(schema.counterCount)
            let own = block.instances[block.instanceStarts[row]..<block.instanceStarts[row + 1]]
            return values.map { Reading(rawValue: $0).value }
                + before.map { Reading(rawValue: $0).value }
                + own.flatMap { [$0.reading.value, $0.previous.value] }
        }
        pass(1)
        #expect(line(1) == [101, 101, nil, 101, nil, 102, nil])
        pass(2, carrying: [1])
        #expect(line(0) == [2, 2, 1, 2, 1, 3, 2])
        #expect(line(1) == [101, 101, 101, 101, nil, 102, nil])
        #expect(line(2) == [202, 202, 201, 202, 201, 203, 202])
        writer.clear(row: 1)
        #expect(line(1) == [nil, nil, nil])
        #expect(line(2) == [202, 202, 201, 202, 201, 203, 202])
        pass(3)
        #expect(line(1) == [103, 103, nil, 103, nil, 104, nil])
        #expect(line(2) == [203, 203, 202, 203, 202, 204, 203])
        writer.forget(row: 2, columns[2])
        #expect(line(2) == [203, 203, 202])
        pass(4)
        #expect(line(2) == [204, 204, 203, 204, nil, 205, nil])
    }
}

extension OneFile {
    /// The numbers before of a file with one metric, by device.
    fileprivate var before: [String: UInt64] {
        var result: [String: UInt64] = [:]
        for instance in instances {
            result[instance.key.text(.device)] = instance.previous.value
        }
        return result
    }
}
