import Foundation
import TestSupport
import Testing

/// Names of units, containers and pods in every command.
@Suite struct IdentityTests {
    private let tree: RuntimeTree
    private static let id = RuntimeTree.id
    private static let scope = "/system.slice/docker-\(id).scope"
    private static let pod =
        "/kubepods.slice/kubepods-pod\(RuntimeTree.uid.replacing("-", with: "_")).slice"

    init() throws {
        tree = try RuntimeTree()
        try tree.mount([
            "/system.slice/dev-disk-by\\x2duuid-0cf2.swap", Self.scope, "\(Self.scope)/init.scope",
            "/lxc.payload.mail", "/system.slice/docker-\(RuntimeTree.other).scope",
            "\(Self.pod)/cri-containerd-\(RuntimeTree.other).scope",
        ])
        try tree.docker(name: "web")
        try tree.file("/var/log/pods/prod_shop-0_\(RuntimeTree.uid)/web/0.log", "")
        try tree.bundle(
            "/run/containerd/io.containerd.runtime.v2.task/k8s.io/\(RuntimeTree.other)",
            [
                "io.kubernetes.cri.container-name": "api",
                "io.kubernetes.cri.sandbox-name": "shop-0",
                "io.kubernetes.cri.sandbox-namespace": "prod",
                "io.kubernetes.cri.image-name": "api:7",
            ])
    }

    private func run(_ words: String...) throws -> ProgramRun.Result {
        try run(words)
    }

    private func run(_ words: [String]) throws -> ProgramRun.Result {
        try ProgramRun.run(
            ProgramRun.cgwarden, [words[0], "--root", tree.root] + words.dropFirst())
    }

    @Test(arguments: [
        ("web", scope, "  container web (docker, nginx:1.25)"),
        (String(id.prefix(12)), scope, "  container web (docker, nginx:1.25)"),
        ("mail", "/lxc.payload.mail", "  container mail (lxc)"),
        ("shop-0", pod, "  pod shop-0 of prod (guaranteed)"),
        (
            "api", "\(pod)/cri-containerd-\(RuntimeTree.other).scope",
            "  container api (containerd, api:7)"
        ),
        ("\(scope)/init.scope", "\(scope)/init.scope", "  in container web (docker, nginx:1.25)"),
        (
            "dev-disk-by\\x2duuid-0cf2.swap", "/system.slice/dev-disk-by\\x2duuid-0cf2.swap",
            "  unit dev-disk-by-uuid-0cf2.swap"
        ),
    ])
    func showFindsAContainerByName(_ name: String, _ path: String, _ line: String) throws {
        let result = try run("show", name)
        #expect(result.lines.first == path, "\(result.errors)")
        #expect(result.lines.dropFirst().first == line)
    }

    @Test func ambiguousNameIsRefused() throws {
        try tree.docker(RuntimeTree.other, name: "web")
        let result = try run("show", "web")
        #expect(result.status != 0)
        #expect(result.errors.contains("2 cgroups are named web; use the path"))
        #expect(try run("show", "nobody").status != 0)
        // The beginning of an identifier as runtimes print it, not of any length.
        #expect(try run("show", String(Self.id.prefix(11))).status != 0)
    }

    @Test func treeAndJSONIncludeTheIdentity() throws {
        let tree = try run("tree")
        #expect(tree.output.contains("container web (docker, nginx:1.25)"))
        #expect(tree.output.contains("pod shop-0 of prod (guaranteed)"))
        for words in [["show", "--json", "web"], ["stat", "--json", "-n", "1"]] {
            let result = try run(words)
            let container =
                "\"container\":{\"name\":\"web\",\"id\":\"\(Self.id)\","
                + "\"runtime\":\"docker\",\"image\":\"nginx:1.25\"}"
            #expect(result.output.contains(container), "\(words): \(result.errors)")
        }
    }

    @Test func exporterLabelsTheIdentity() throws {
        let server = try ServingProgram("--root", tree.root)
        func info() throws -> String? {
            try server.get().series("cgroup_info").first {
                $0.contains("cgroup=\"\(Self.scope)\"")
            }
        }
        let first = try #require(try info())
        for label in ["container=\"web\"", "runtime=\"docker\"", "container_id=\"\(Self.id)\""] {
            #expect(first.contains(label), "\(first)")
        }
        // A container whose name comes later gets it while it lives.
        let late = "/system.slice/docker-\(RuntimeTree.other).scope"
        try tree.docker(RuntimeTree.other, name: "late")
        try awaiting("the new name is exported") {
            try server.get().series("cgroup_info").contains {
                $0.contains("cgroup=\"\(late)\"") && $0.contains("container=\"late\"")
            }
        }
    }
}
