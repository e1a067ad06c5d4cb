import Configuration
import Foundation
import TestSupport
import Testing

/// The files in `config/prometheus` and `config/kubernetes`.
struct ScrapeConfigurationTests {
    private static let folder = DashboardFiles.package.appending(path: "config/prometheus")
    private static let files = [
        "static.yml", "file-discovery.yml", "kubernetes.yml", "cadvisor.yml", "federation.yml",
        "remote-write.yml",
    ]
    /// A pod as Kubernetes would tell of it, for a Prometheus that was built without Kubernetes,
    /// as Debian's is.
    private static let pods = """
            static_configs:
              - targets: ["127.0.0.1:1"]
                labels:
                  __meta_kubernetes_pod_label_app_kubernetes_io_name: cgwarden
                  __meta_kubernetes_pod_container_port_name: metrics
                  __meta_kubernetes_pod_node_name: node1
              - targets: ["127.0.0.1:2"]
                labels:
                  __meta_kubernetes_pod_label_app_kubernetes_io_name: other
                  __meta_kubernetes_pod_container_port_name: metrics
                  __meta_kubernetes_pod_node_name: node1

        """

    private func text(_ file: String) throws -> String {
        let text = try String(contentsOf: Self.folder.appending(path: file), encoding: .utf8)
        guard file == "kubernetes.yml" else { return text }
        let discovery = try #require(text.firstRange(of: "    kubernetes_sd_configs:"))
        #expect(text[discovery.lowerBound...].contains("- role: pod"))
        return text.replacing(
            /\ {4}kubernetes_sd_configs:\n      - role: pod\n        namespaces: .*\n/,
            with: Self.pods)
    }

    @Test(.enabled(if: PrometheusRun.isInstalled, "\(PrometheusRun.missing)"), arguments: files)
    func promtoolAcceptsTheConfigurations(_ file: String) throws {
        // Files that it names are next to it.
        let copy = FileManager.default.temporaryDirectory
            .appending(path: "cgwarden-test-" + UUID().uuidString)
        try FileManager.default.copyItem(at: Self.folder, to: copy)
        defer { try? FileManager.default.removeItem(at: copy) }
        try Data("secret\n".utf8).write(to: copy.appending(path: "cgwarden.password"))
        // Files of an operator in /etc/prometheus do not exist here.
        let own = try text(file).replacingOccurrences(of: "/etc/prometheus/", with: "")
            .replacing(/\ {4}tls_config: .*\n/, with: "")
        try Data(own.utf8).write(to: copy.appending(path: file))
        let result = try ProgramRun.run(
            "promtool", ["check", "config", copy.appending(path: file).path()])
        #expect(result.status == 0, "\(result.output)\(result.errors)")
    }

    @Test(.enabled(if: PrometheusRun.isInstalled, "\(PrometheusRun.missing)"))
    func podIsDiscoveredByItsNode() throws {
        let all = try text("kubernetes.yml")
        let start = try #require(all.firstRange(of: "scrape_configs:\n"))
        let prometheus = try PrometheusRun(scrapeConfigs: String(all[start.upperBound...]))
        let targets = try awaiting("its targets") {
            let targets = try prometheus.targets()
            return targets.count == 2 ? targets : nil
        }
        let labels = targets.map(\.labels)
        #expect(labels.contains(["instance": "node1", "node": "node1", "job": "cgwarden"]))
        #expect(
            labels.contains([
                "instance": "node1", "node": "node1", "job": "kubelet",
                "metrics_path": "/metrics/cadvisor",
            ]))
    }

    /// YAML that is all right, with no more rights than it needs.
    @Test func daemonSetHasLeastPrivilege() throws {
        let file = DashboardFiles.package.appending(path: "config/kubernetes/daemonset.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        let documents = text.components(separatedBy: "\n---\n")
        #expect(documents.count == 2)
        for document in documents {
            _ = try ConfigLoader.load(Array(document.utf8), file: "daemonset.yaml")
        }
        for line in [
            "hostNetwork: false", "hostPID: false", "hostIPC: false", "runAsNonRoot: true",
            "privileged: false", "allowPrivilegeEscalation: false", "readOnlyRootFilesystem: true",
            "capabilities: {drop: [ALL]}", "automountServiceAccountToken: false",
            "seccompProfile: {type: RuntimeDefault}", "readOnly: true",
        ] { #expect(text.contains("  \(line)\n"), "\(line)") }
        #expect(text.matches(of: /hostPath/).count == 3, "two volumes, and the comment")
    }

    /// Like the DaemonSet's container: nobody, without capabilities, in a cgroup namespace.
    @Test(
        .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"),
        .enabled(if: ProgramRun.isInstalled("setpriv"), "setpriv is not installed"))
    func unprivilegedExporterSeesTheSameAsRoot() throws {
        let cgroup = try ProgramCgroup()
        let member = try cgroup.start("echo ready; exec sleep 300")
        defer { member.send(SIGKILL) }
        let asRoot = try ServingProgram()
        let nobody = try ProgramRun(
            "setpriv",
            [
                "--reuid", "65534", "--regid", "65534", "--clear-groups", "--bounding-set", "-all",
                "--inh-caps", "-all", "--no-new-privs", ProgramRun.cgwarden, "exporter",
                "--web.listen-address", "127.0.0.1:0",
            ])
        let port = try awaiting("nobody serves: \(nobody.errors)") {
            guard nobody.isRunning else { throw ProgramTrouble("it ended: \(nobody.errors)") }
            return ServingProgram.port(in: nobody.errors)
        }
        func series(_ text: String) -> Set<String> {
            Set(
                text.split(separator: "\n").filter { $0.contains("cgroup=\"\(cgroup.path)\"") }
                    .map { String($0.prefix { $0 != " " }) })
        }
        let all = series(try asRoot.get().text)
        let own = series(String(decoding: try LoopbackRequest.get(port, "/metrics"), as: UTF8.self))
        #expect(all.count > 20)
        #expect(own == all, "\(all.symmetricDifference(own))")
    }
}
