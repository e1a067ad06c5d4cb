import Testing

@testable import PolicyLanguage

private func parse(_ text: String) -> Condition? {
    var parser = ExpressionParser(text, window: .seconds(5))
    return parser.condition()
}

private func mistakes(_ text: String) -> [String] {
    var parser = ExpressionParser(text, window: .seconds(5))
    _ = parser.condition()
    return parser.mistakes.map { "\($0.offset) \($0.rule.rawValue): \($0.message)" }
}

@Suite struct ExpressionTests {
    @Test(arguments: [
        "memory.current > 512MiB",
        "host.cpu.pressure.some.avg10 > 20% and avg(cpu.usage_usec.rate, 10s) > 1.5cpus",
        "pids.current > 90% of pids.max and (slope(pids.current, 5s) > 50/s or "
            + "increased(pids.events.max, 5s))",
        "host.memory.available < 10%host", "cpu.usage_usec.rate > 25%host",
        "group(\"db\").memory.current / memory.current >= 2",
        "not cgroup.frozen and missing(memory.max)",
        "rate(pids.events.max, 10s) > 5/s or not (cgroup.populated or cgroup.frozen)",
        "io.wbytes.rate[/dev/vda] != 20MiB/s",
        "2 * memory.anon + memory.file < 80% of memory.limit",
        "host.disk.util[8:0] > 90%", "slope(cpu.usage_usec.rate, 1m) > 0.5cpus/s",
        "slope(host.io.pressure.full.avg10, 1m) > 5%/s", "delta(io.rbytes, 1m) > 1GiB",
        "host.time >= 22h", "host.load > 8", "cgroup.age < 1.5s", "hugetlb.current[2MB] > 0B",
        "memory.pressure.full.total > 20%", "io.rios.rate > 500/s", "cpu.throttled_usec > 0.5cpus",
        "memory.current > 1.0000001GiB", "p95(memory.current, 500ms) == 1.1kB",
    ])
    func expressionsRoundTrip(text: String) throws {
        #expect(mistakes(text) == [])
        let condition = try #require(parse(text))
        #expect(parse("\(condition)") == condition, "\(condition)")
    }

    @Test func treeFollowsTheGrammar() throws {
        let (a, b, c) = (
            Condition.flag(MetricTerm("cgroup.frozen")),
            Condition.flag(MetricTerm("cgroup.populated")),
            Condition.missing(MetricTerm("memory.max"))
        )
        let text = "cgroup.frozen or cgroup.populated and not missing(memory.max)"
        #expect(parse(text) == .any([a, .all([b, .not(c)])]))
        #expect(parse("(cgroup.frozen)") == a)
        #expect(
            parse("memory.current - 1MiB - 2MiB > 0B")
                == .comparison(
                    .arithmetic(
                        .arithmetic(
                            .metric(MetricTerm("memory.current")), .subtract,
                            .literal(1_048_576, .bytes)), .subtract, .literal(2_097_152, .bytes)),
                    .greater, .literal(0, .bytes)))
        #expect(
            parse("rate(io.rbytes[8:0]) > 1kB/s")
                == .comparison(
                    .call(.rate, MetricTerm("io.rbytes", instance: "8:0"), .seconds(5)), .greater,
                    .literal(1000, .bytesPerSecond)))
        #expect(parse("cpu.usage_usec.rate > 2%") == parse("cpu.usage_usec.rate > 2%cpu"))
        #expect(
            parse("host.load > 1")
                == .comparison(
                    .metric(MetricTerm("load", of: .host)), .greater, .literal(1, .count)))
    }

    @Test(arguments: [
        (
            "memory.current > 512",
            "17 unit: '512' has no unit, but 'memory.current' is in bytes; write 512MiB"
        ),
        (
            "memory.current > 90%",
            "17 base: '90%' is a share of what? 'memory.current' is in bytes; write 90% of "
                + "memory.max or 20%host"
        ),
        (
            "cpu.usage_usec.rate > 100% + 50%",
            "22 base: '100% + 50%' is a share of what? 'cpu.usage_usec.rate' is in CPUs; write 150%cpu, "
                + "25%host or 90% of cpu.limit"
        ),
        (
            "memory.pressure.full.avg10 > 0.2",
            "29 unit: '0.2' has no unit, but 'memory.pressure.full.avg10' is in percent; write 20%"
        ),
        (
            "avg(pids.events.max, 5s) > 1/s",
            "0 function: 'avg' takes a level, but 'pids.events.max' is a counter; write "
                + "rate(pids.events.max, 5s)"
        ),
        (
            "rate(memory.current, 5s) > 1MiB/s",
            "0 function: 'rate' takes a counter, but 'memory.current' is a level; write "
                + "slope(memory.current, 5s)"
        ),
        (
            "delta(cpu.usage_usec.rate, 5s) > 1s",
            "0 function: 'delta' takes a counter, but 'cpu.usage_usec.rate' is a level; write "
                + "avg(cpu.usage_usec.rate, 5s)"
        ),
        (
            "increased(memory.current, 5s)",
            "0 function: 'increased' takes a counter, but 'memory.current' is a level; compare it "
                + "instead"
        ),
        (
            "memory.usgae > 1GiB",
            "0 metric: unknown metric 'memory.usgae'; did you mean 'memory.current'?"
        ),
        (
            "memory.current > 1G",
            "17 unit: '1G' has two meanings; write 1GiB or 1GB (systemd's 1G is 1GiB)"
        ),
        ("cgroup.age > 1H", "13 unit: '1H' has an unknown unit; write 1h"),
        ("avgg(memory.current) > 1GiB", "0 function: unknown function 'avgg'; did you mean 'avg'?"),
        (
            "memory.current > cpu.usage_usec.rate",
            "17 type: 'memory.current' is in bytes, 'cpu.usage_usec.rate' is in CPUs; both need the same unit"
        ),
        (
            "memory.current * memory.max > 1GiB",
            "17 type: 'memory.current' is in bytes, 'memory.max' in bytes: one of them must be a "
                + "plain number"
        ),
        ("cgroup.frozen == 1", "0 type: 'cgroup.frozen' is a flag; use it alone, or after not"),
        (
            "memory.current",
            "14 syntax: 'memory.current' is a number, not a condition; compare it, "
                + "such as > 512MiB"
        ),
        ("host.load = 3", "10 syntax: '=' is not an operator; write '=='"),
        ("cgroup.frozen && cgroup.populated", "14 syntax: '&&' is not an operator; write 'and'"),
        (
            "memory.current > 1GiB 5", "22 syntax: expected and, or, or the end, not '5'"
        ),
        ("(cgroup.frozen", "14 syntax: expected ')', not the end"),
        (
            "memory.current >",
            "16 syntax: expected a metric, a number with its unit, or a function, not the end"
        ),
        (
            "avg(memory.current, 5) > 1GiB",
            "20 syntax: expected a time up to 1d, such as 10s, not '5'"
        ),
        ("1GiB > 2GiB", "0 constant: '1GiB' and '2GiB' never change; use a metric"),
        (
            "cpu.usage_usec.rate[3] > 1cpus",
            "19 metric: 'cpu.usage_usec.rate' is a single number; remove [3]"
        ),
        ("cpuset.cpus > 1", "0 metric: 'cpuset.cpus' is not numeric, so expressions cannot use it"),
        (
            "host.load > 20%host",
            "12 base: '20%host' is a share of memory or CPUs, but 'host.load' is in plain numbers"
        ),
        (
            "group(db).memory.current > 1B",
            "6 syntax: expected the name of a group in quotes, not 'db'"
        ),
        ("io.rbytes[ > 1", "9 syntax: missing closing ]"),
        ("memory.current > 1GiB #", "22 syntax: '#' is not allowed in an expression"),
    ])
    func errorsHaveTheirPosition(text: String, expected: String) {
        #expect(mistakes(text) == [expected])
    }

    @Test func allTypeErrorsAreCollected() {
        let found = mistakes(
            "memory.current > 5 and io.rbytes.rate > 50% or rate(memory.anon) > 1/s")
        #expect(found.count == 3)
        #expect(found.map { $0.prefix { $0 != ":" } } == ["17 unit", "40 base", "47 function"])
    }

    @Test func depthAndLengthAreLimited() {
        let deep =
            String(repeating: "(", count: 20) + "cgroup.frozen" + String(repeating: ")", count: 20)
        #expect(mistakes(deep) == [])
        #expect(
            mistakes("(\(deep))") == ["20 syntax: nested deeper than 20 levels; split the rule"])
        let sum = Array(repeating: "memory.anon", count: 30).joined(separator: " + ")
        #expect(mistakes("\(sum) > 1GiB").first?.contains("deeper than 20 levels") == true)
        let long = Array(repeating: "cgroup.frozen", count: 400).joined(separator: " or ")
        #expect(mistakes(long).first?.contains("longer than 4096 characters") == true)
        let huge = String(repeating: "(", count: 1 << 20)
        #expect(mistakes(huge).count == 1)
    }

    // MARK: Derived until

    @Test(arguments: [
        ("memory.current > 100MiB", "not memory.current > 90MiB"),
        ("memory.current < 100MiB", "not memory.current < 110MiB"),
        ("100MiB < memory.current", "not 90MiB < memory.current"),
        ("memory.current >= 90% of memory.max", "not memory.current >= 81% of memory.max"),
        ("host.memory.available < 10%host", "not host.memory.available < 11%host"),
        ("memory.current > memory.low", "not memory.current > 90% of memory.low"),
        ("host.load == 5", "not host.load == 5"),
        ("increased(pids.events.max, 5s)", "not increased(pids.events.max, 5s)"),
        ("not host.load > 100", "host.load > 110"),
        (
            "host.load > 10 and not cpu.usage_usec.rate < 1cpus",
            "not (host.load > 9 and not cpu.usage_usec.rate < 0.9cpus)"
        ),
        (
            "memory.current > avg(memory.anon, 5s) + 10MiB",
            "not memory.current > avg(memory.anon, 5s) * 0.9 + 9MiB"
        ),
    ])
    func theDerivedUntilMovesEachThreshold(when: String, until: String) throws {
        let condition = try #require(parse(when))
        #expect("\(condition.opposite(hysteresis: 0.1))" == until)
        #expect(parse(until) == condition.opposite(hysteresis: 0.1))
    }
}

@Suite struct ExpressionPropertyTests {
    /// Any tree that the grammar can write.
    private struct Trees {
        var random = SeededNumbers(state: 7)
        let bytes = ["memory.current", "memory.max", "memory.anon", "memory.limit"]

        mutating func pick<Element>(_ list: [Element]) -> Element {
            list[Int(random.next() % UInt64(list.count))]
        }

        mutating func number() -> Double {
            let whole = Double(random.next() % 1_000_000)
            return pick([whole, whole / 7, whole / 1000, whole * 1e9, 0])
        }

        mutating func term() -> MetricTerm {
            MetricTerm(pick(bytes), of: pick([.own, .own, .group("db-1")]))
        }

        mutating func product() -> Expression {
            let atom: Expression =
                switch random.next() % 5 {
                case 0: .literal(number(), .bytes)
                case 1: .share(number() / 100, term())
                case 2:
                    .call(
                        pick([.avg, .max, .p95]), term(),
                        .milliseconds(1 + Int(random.next() % 90_000)))
                default: .metric(term())
                }
            guard random.next() % 4 == 0 else { return atom }
            return .arithmetic(atom, pick([.multiply, .divide]), .literal(number(), .count))
        }

        mutating func sum() -> Expression {
            var result = product()
            while random.next() % 3 == 0 {
                result = .arithmetic(result, pick([.add, .subtract]), product())
            }
            return result
        }

        mutating func condition(_ depth: Int) -> Condition {
            switch random.next() % (depth > 4 ? 4 : 8) {
            case 0: return .flag(MetricTerm("cgroup.frozen"))
            case 1: return .increased(MetricTerm("pids.events.max"), .seconds(3))
            case 2: return .missing(term())
            case 3:
                return .comparison(
                    .metric(term()), pick(ComparisonOperator.allCases), sum())
            case 4, 5: return .all([condition(depth + 1), condition(depth + 1)])
            case 6: return .any([condition(depth + 1), condition(depth + 1)])
            default: return .not(condition(depth + 1))
            }
        }
    }

    @Test func randomTreesRoundTrip() {
        var trees = Trees()
        for _ in 0..<3000 {
            let tree = trees.condition(0)
            let text = "\(tree)"
            guard text.unicodeScalars.count < ExpressionParser.longest else { continue }
            #expect(parse(text) == tree, "\(text): \(mistakes(text))")
        }
    }

    @Test func numbersKeepTheirValue() {
        var random = SeededNumbers(state: 3)
        for _ in 0..<5000 {
            let value = Double(
                bitPattern: random.next() >> 2 | 0x3000_0000_0000_0000 & random.next())
            guard value.isFinite, value > 1e-9, value < 1e15 else { continue }
            #expect(PlainNumber.value(PlainNumber.text(value)) == value)
            for shift in [-3, 2, 6] {
                #expect(
                    PlainNumber.value(PlainNumber.text(value, shiftedBy: shift), shiftedBy: -shift)
                        == value)
            }
        }
        #expect(PlainNumber.text(1e21) == "1000000000000000000000")
        #expect(PlainNumber.text(0.07, shiftedBy: 2) == "7")
        #expect(PlainNumber.text(1e-7) == "0.0000001")
    }
}

/// Numbers that are the same in every run (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
