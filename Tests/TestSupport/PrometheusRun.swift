import Foundation

/// A real Prometheus on a free port of the loopback, with a data directory of its own.
///
/// However a test ends, it is killed and its files are removed.
package final class PrometheusRun {
    /// Whether this machine has it.
    package static let isInstalled =
        ProgramRun.isInstalled("prometheus") && ProgramRun.isInstalled("promtool")
    /// The reason why a test is skipped without it.
    package static let missing = "prometheus is not installed (Debian: apt-get install prometheus)"

    /// Its address.
    package let port: Int
    private let folder: String
    private let run: ProgramRun

    /// Starts it and waits until it answers.
    ///
    /// `scrapeConfigs` is the value of that key in YAML; `ruleFiles` are paths.
    package init(
        scrapeConfigs: String, interval: String = "1s", ruleFiles: [String] = [],
        options: [String] = []
    ) throws {
        folder = FileManager.default.temporaryDirectory
            .appending(path: "cgwarden-test-" + UUID().uuidString).path()
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let configuration = """
            global: {scrape_interval: \(interval), evaluation_interval: \(interval)}
            rule_files: [\(ruleFiles.map { "\"\($0)\"" }.joined(separator: ", "))]
            scrape_configs:
            \(scrapeConfigs)

            """
        try Data(configuration.utf8).write(to: URL(filePath: "\(folder)/prometheus.yml"))
        run = try ProgramRun(
            "prometheus",
            [
                "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/data",
                "--web.listen-address=127.0.0.1:0",
            ] + options)
        port = try awaiting("Prometheus is ready", seconds: 120) { [run] in
            let log = run.errors
            guard run.isRunning else { throw ProgramTrouble("Prometheus ended: \(log)") }
            guard log.contains("Server is ready") else { return nil }
            let told = log.components(separatedBy: "msg=\"Listening on\" address=127.0.0.1:")
            return told.last.flatMap { Int($0.prefix { $0.isNumber }) }
        }
    }

    deinit {
        run.send(SIGKILL)
        _ = try? run.result()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The process.
    package var pid: Int32 { run.pid }

    /// Its log so far.
    package var log: String { run.errors }

    /// The field `data` of an answer of its HTTP API, `/api/v1/` being put before `path`.
    package func ask<Answer: Decodable>(
        _ path: String, _ parameters: [String: String] = [:]
    ) throws -> Answer {
        var target = "/api/v1/\(path)"
        for (key, value) in parameters {
            let escaped = value.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
            target += (target.contains("?") ? "&" : "?") + "\(key)=\(escaped ?? "")"
        }
        let body = try LoopbackRequest.get(port, target)
        let envelope = try JSONDecoder().decode(Envelope<Answer>.self, from: body)
        guard let data = envelope.data else {
            throw ProgramTrouble("\(path) \(parameters): \(envelope.error ?? "no data")")
        }
        return data
    }

    private struct Envelope<Answer: Decodable>: Decodable {
        let data: Answer?
        let error: String?
    }

    /// A series of a response, or a scalar without labels.
    package struct Sample: Sendable {
        /// The labels, the name under `__name__`.
        package let labels: [String: String]
        /// The value; of a range the last one.
        package let value: Double
    }

    /// The samples of an expression now, or at a time in Unix seconds.
    package func query(_ expression: String, at time: Double? = nil) throws -> [Sample] {
        var parameters = ["query": expression]
        if let time { parameters["time"] = "\(time)" }
        let answer: Result = try ask("query", parameters)
        return answer.samples
    }

    private struct Result: Decodable {
        let samples: [Sample]

        init(from decoder: any Decoder) throws {
            enum Key: CodingKey { case resultType, result }
            let container = try decoder.container(keyedBy: Key.self)
            switch try container.decode(String.self, forKey: .resultType) {
            case "scalar":
                let point = try container.decode(Point.self, forKey: .result)
                samples = [Sample(labels: [:], value: point.value)]
            default:
                samples = try container.decode([Series].self, forKey: .result).compactMap {
                    guard let last = $0.value ?? $0.values?.last else { return nil }
                    return Sample(labels: $0.metric, value: last.value)
                }
            }
        }
    }

    private struct Series: Decodable {
        let metric: [String: String]
        let value: Point?
        let values: [Point]?
    }

    /// `[1764000000.123, "1.5"]`.
    private struct Point: Decodable {
        let value: Double

        init(from decoder: any Decoder) throws {
            var parts = try decoder.unkeyedContainer()
            _ = try parts.decode(Double.self)
            let text = try parts.decode(String.self)
            value = text == "+Inf" ? .infinity : text == "-Inf" ? -.infinity : Double(text) ?? .nan
        }
    }

    /// A scrape target.
    package struct Target: Decodable, Sendable {
        /// The labels that its series get.
        package let labels: [String: String]
        /// `up`, `down`, or `unknown` before the first scrape.
        package let health: String
        /// Why it is down; empty otherwise.
        package let lastError: String
    }

    private struct Targets: Decodable {
        let activeTargets: [Target]
    }

    /// All targets with their state.
    package func targets() throws -> [Target] {
        let answer: Targets = try ask("targets", ["state": "active"])
        return answer.activeTargets
    }

    /// Waits until so many targets are up and their samples can be queried.
    ///
    /// Prometheus reports a target as up shortly before it stores the samples of the scrape.
    package func awaitTargets(_ count: Int, seconds: Double = 120) throws {
        try awaiting("\(count) targets are up: \((try? targets()) ?? [])", seconds: seconds) {
            try targets().count { $0.health == "up" } == count
                && query("up == 1").count == count
        }
    }

    /// The names of all metrics that it has.
    package func metricNames() throws -> Set<String> {
        Set(try ask("label/__name__/values") as [String])
    }
}
