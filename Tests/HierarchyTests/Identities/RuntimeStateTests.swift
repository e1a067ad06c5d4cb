import CgroupModel
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Hierarchy

/// The state files of each runtime, in its own format.
@Suite struct RuntimeStateTests {
    private let tree: RuntimeTree
    private static let id = RuntimeTree.id
    private static let uid = RuntimeTree.uid
    private static let slice = uid.replacing("-", with: "_")
    /// The owner of the test's files, unless root can change it.
    private static let user: UInt32 = geteuid() == 0 ? 1000 : geteuid()

    init() throws { tree = try RuntimeTree() }

    private func known(_ path: String) -> CgroupIdentity {
        let gatherer = FactGatherer("cgw-test", isOnce: true)
        let identities = Identities(tree.system, gatherer) { _ in nil }
        // However slow the machine is.
        identities.settle([RuntimeTree.entry(path)], within: .seconds(60))
        return identities.identity(of: RuntimeTree.entry(path))
    }

    private static let kubernetes = [
        "io.kubernetes.cri.container-type": "container",
        "io.kubernetes.cri.container-name": "web", "io.kubernetes.cri.sandbox-name": "shop-0",
        "io.kubernetes.cri.sandbox-namespace": "prod", "io.kubernetes.cri.sandbox-uid": uid,
        "io.kubernetes.cri.image-name": "docker.io/library/nginx:1.25",
    ]

    @Test(arguments: [
        "/docker/\(id)", "/system.slice/docker-\(id).scope", "/shop/\(id)",
        "/system.slice/docker-\(id).scope/init.scope",
    ])
    func dockerNamesAreRead(_ path: String) throws {
        try tree.docker(name: "web")
        let known = known(path)
        #expect(known.container == "web")
        #expect(known.image == "nginx:1.25")
        #expect(known.labels == ["tier": "front"])
        #expect(known.runtime == "docker")
        #expect(known.pod == nil && known.namespace == nil)
    }

    @Test func dataRootOfDockerIsUsed() throws {
        try tree.file("/etc/docker/daemon.json", #"{"data-root": "/srv/docker", "debug": true}"#)
        try tree.docker(name: "web", root: "/srv/docker")
        #expect(known("/docker/\(Self.id)").container == "web")
    }

    @Test func podOfADockerContainerIsRead() throws {
        try tree.docker(
            name: "k8s_web_shop-0_prod_\(Self.uid)_0",
            labels: """
                {"io.kubernetes.container.name":"web","io.kubernetes.pod.name":"shop-0",\
                "io.kubernetes.pod.namespace":"prod","io.kubernetes.pod.uid":"\(Self.uid)",\
                "io.kubernetes.docker.type":"container"}
                """)
        let known = known("/kubepods/burstable/pod\(Self.uid)/\(Self.id)")
        #expect(known.container == "web" && known.pod == "shop-0" && known.namespace == "prod")
        #expect(known.runtime == "docker" && known.podUID == Self.uid)
    }

    @Test(arguments: ["/run/containerd", "/run/k3s/containerd"])
    func podOfAContainerdContainerIsRead(_ root: String) throws {
        let tasks = "\(root)/io.containerd.runtime.v2.task"
        try tree.bundle("\(tasks)/k8s.io/\(Self.id)", Self.kubernetes)
        try tree.bundle("\(tasks)/moby/\(RuntimeTree.other)", [:])
        let paths = [
            "/kubepods/burstable/pod\(Self.uid)/\(Self.id)",
            "/kubepods.slice/kubepods-pod\(Self.slice).slice/cri-containerd-\(Self.id).scope",
        ]
        for path in paths {
            let known = known(path)
            #expect(known.container == "web" && known.pod == "shop-0" && known.namespace == "prod")
            #expect(known.image == "docker.io/library/nginx:1.25")
            #expect(known.runtime == "containerd" && known.podUID == Self.uid)
        }
    }

    /// The container that holds a pod's namespaces is in no specification.
    @Test func sandboxHasNoContainerName() throws {
        let sandbox = Self.kubernetes.filter { $0.key != "io.kubernetes.cri.container-name" }
            .merging(["io.kubernetes.cri.container-type": "sandbox"]) { $1 }
        try tree.bundle(
            "/run/containerd/io.containerd.runtime.v2.task/k8s.io/\(Self.id)", sandbox)
        let known = known("/kubepods/pod\(Self.uid)/\(Self.id)")
        #expect(known.container == nil && known.pod == "shop-0" && known.kind == .container)
    }

    @Test func nerdctlNamesAreRead() throws {
        try tree.bundle(
            "/run/containerd/io.containerd.runtime.v2.task/default/\(Self.id)",
            ["nerdctl/name": "web", "nerdctl/namespace": "default"])
        for path in ["/default/\(Self.id)", "/system.slice/nerdctl-\(Self.id).scope"] {
            let known = known(path)
            #expect(known.container == "web" && known.runtime == "containerd")
            #expect(known.namespace == nil && known.image == nil)
        }
    }

    @Test(arguments: ["/run/containers/storage", "/var/lib/containers/storage"])
    func crioNamesAreRead(_ root: String) throws {
        try tree.bundle(
            "\(root)/overlay-containers/\(Self.id)/userdata",
            [
                "io.container.manager": "cri-o", "io.kubernetes.cri-o.ContainerType": "container",
                "io.kubernetes.container.name": "web", "io.kubernetes.pod.name": "shop-0",
                "io.kubernetes.pod.namespace": "prod", "io.kubernetes.pod.uid": Self.uid,
                "io.kubernetes.cri-o.ImageName": "quay.io/nginx:1.25",
                "io.kubernetes.cri-o.Labels": #"{"tier":"front","app":"shop"}"#,
            ])
        let known = known(
            "/kubepods.slice/kubepods-pod\(Self.slice).slice/crio-\(Self.id).scope/container")
        #expect(known.container == "web" && known.pod == "shop-0" && known.namespace == "prod")
        #expect(known.image == "quay.io/nginx:1.25")
        #expect(known.labels == ["tier": "front", "app": "shop"])
        #expect(known.kind == .other)
    }

    @Test(arguments: [
        "overlay-containers/containers.json", "vfs-containers/containers.json",
        "overlay-containers/volatile-containers.json",
    ])
    func podmanNamesAreRead(_ file: String) throws {
        try tree.storage(
            "/var/lib/containers/storage/\(file)",
            [(RuntimeTree.other, "db", "db:1"), (Self.id, "web", "localhost/tiny:1.25")])
        let known = known("/machine.slice/libpod-\(Self.id).scope")
        #expect(known.container == "web" && known.image == "localhost/tiny:1.25")
        #expect(known.runtime == "podman" && known.labels.isEmpty)
    }

    private func passwd() throws {
        try tree.file(
            "/etc/passwd",
            "root:x:0:0:root:/root:/bin/sh\nana:x:\(Self.user):\(Self.user):Ana:/home/ana:/bin/sh\n"
        )
    }

    private static let rootless = "/user.slice/user-\(user).slice/user@\(user).service/user.slice"

    @Test func rootlessPodmanAndDockerNamesAreRead() throws {
        try passwd()
        try tree.storage(
            "/home/ana/.local/share/containers/storage/overlay-containers/containers.json",
            [(Self.id, "web", "tiny:1")], user: Self.user)
        try tree.docker(
            RuntimeTree.other, name: "db", root: "/home/ana/.local/share/docker", user: Self.user)
        #expect(known("\(Self.rootless)/libpod-\(Self.id).scope").container == "web")
        #expect(known("\(Self.rootless)/docker-\(RuntimeTree.other).scope").container == "db")
        // Root's own runtimes do not know them, nor does a user root's.
        #expect(known("/machine.slice/libpod-\(Self.id).scope").container == nil)
    }

    /// A user may name a cgroup as one of root's containers is named.
    @Test func userCannotClaimAContainerOfRoot() throws {
        try passwd()
        try tree.docker(name: "web")
        #expect(known("\(Self.rootless)/docker-\(Self.id).scope").container == nil)
        #expect(known("/docker/\(RuntimeTree.other)/docker/\(Self.id)").container == nil)
        #expect(known("/lxc.payload.x/docker/\(Self.id)").container == nil)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file to another user"))
    func fileOfAnotherOwnerIsIgnored() throws {
        try passwd()
        // A link of the user's to what only root may read.
        try tree.docker(name: "secret")
        let own = "\(tree.root)/home/ana/.local/share/docker/containers"
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: "\(own)/\(Self.id)",
            withDestinationPath: "\(tree.root)/var/lib/docker/containers/\(Self.id)")
        #expect(known("\(Self.rootless)/docker-\(Self.id).scope").container == nil)
        // Files that a user can write do not describe root's containers.
        try tree.docker(RuntimeTree.other, name: "web", user: Self.user)
        #expect(known("/docker/\(RuntimeTree.other)").container == nil)
    }

    @Test func machinedNamesAreRead() throws {
        try tree.file(
            "/run/systemd/machines/deb-ian",
            """
            # This is private data. Do not parse.
            NAME=deb-ian
            SCOPE=machine-deb\\x2dian.scope
            SERVICE=systemd-nspawn
            ROOT=/var/lib/machines/deb-ian
            CLASS=container
            LEADER=4711
            """)
        let known = known("/machine.slice/machine-deb\\x2dian.scope")
        #expect(known.container == "deb-ian" && known.image == "/var/lib/machines/deb-ian")
        #expect(known.runtime == "nspawn" && known.kind == .container)
        try tree.file(
            "/run/systemd/machines/vm1", "NAME=vm1\nSERVICE=\"systemd-vmspawn\"\nCLASS=vm\n")
        let machine = self.known("/machine.slice/machine-vm1.scope")
        #expect(machine.runtime == "systemd-vmspawn" && machine.kind == .scope)
        // A name with a path outside of the directory is not read.
        try tree.file("/run/x", "SERVICE=systemd-nspawn\nROOT=/wrong\n")
        let away = self.known("/machine.slice/machine-..\\x2f..\\x2fx.scope")
        #expect(away.image == nil)
    }

    /// The kubelet's own directories name pods whatever the runtime.
    @Test func podNamesComeFromTheLogDirectory() throws {
        try tree.file("/var/log/pods/prod_shop-0_\(Self.uid)/web/0.log", "")
        try tree.file("/var/log/pods/not-a-pod/0.log", "")
        let pod = known("/kubepods.slice/kubepods-pod\(Self.slice).slice")
        #expect(pod.pod == "shop-0" && pod.namespace == "prod" && pod.kind == .pod)
        let container = known("/kubepods/pod\(Self.uid)/\(Self.id)")
        #expect(container.pod == "shop-0" && container.container == nil)
        #expect(known("/kubepods/podabcdef").pod == nil)
        // A pod within a container is none of this machine's kubelet.
        #expect(known("/docker/\(Self.id)/kubelet/kubepods/pod\(Self.uid)").pod == nil)
    }

    @Test(arguments: [
        "", "{", "[]", "null", "{\"Name\":\"/web\"", "{\"Name\":1}", "{\"Name\":\"/web\"}x",
        "{\"Name\":\"/a\\u001b[2J\",\"Config\":{\"Image\":\"a\\nb\",\"Labels\":{\"a\":\"\\u0000\"}}}",
        String(repeating: "[", count: 200_000),
        "{\"Name\":\"/" + String(repeating: "a", count: 2000) + "\"}",
        "{\"Name\":\"/a\"" + String(repeating: " ", count: 2 << 20) + "}",
    ])
    func invalidNamesAreIgnored(_ text: String) throws {
        try tree.file("/var/lib/docker/containers/\(Self.id)/config.v2.json", text)
        let known = known("/docker/\(Self.id)")
        #expect(known.container == nil && known.image == nil && known.labels.isEmpty)
        #expect(known.containerID == Self.id && known.runtime == "docker")
    }

    @Test(.timeLimit(.minutes(5))) func pipeDoesNotBlock() throws {
        try tree.file("/var/lib/docker/containers/\(Self.id)/hostname", "")
        let path = "\(tree.root)/var/lib/docker/containers/\(Self.id)/config.v2.json"
        #expect(unsafe mkfifo(path, 0o600) == 0)
        #expect(known("/docker/\(Self.id)").container == nil)
    }
}
