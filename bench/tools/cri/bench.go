package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

type bench struct {
	runtime cri.RuntimeServiceClient
	images  cri.ImageServiceClient
	image   string
	logs    string
	pid     int
	rounds  int
	figures map[string]float64
	pods    int
}

func (b *bench) run(ctx context.Context, counts []int, pull string) error {
	if _, err := b.images.PullImage(ctx, &cri.PullImageRequest{Image: &cri.ImageSpec{Image: b.image}}); err != nil {
		return err
	}
	// One round for what is made once.
	if _, err := b.walk(ctx, cri.NamespaceMode_POD, map[string][]float64{}); err != nil {
		return err
	}
	b.figures["daemon RSS idle, MiB"] = b.memory()
	if err := b.lifeCycle(ctx); err != nil {
		return err
	}
	for _, count := range counts {
		if err := b.atOnce(ctx, count); err != nil {
			return err
		}
	}
	if pull != "" {
		return b.pull(ctx, pull)
	}
	return nil
}

// lifeCycle measures each call of a pod's life, one pod after the other.
func (b *bench) lifeCycle(ctx context.Context) error {
	samples := map[string][]float64{}
	for range b.rounds {
		if _, err := b.walk(ctx, cri.NamespaceMode_POD, samples); err != nil {
			return err
		}
	}
	host := map[string][]float64{}
	for range b.rounds {
		if _, err := b.walk(ctx, cri.NamespaceMode_NODE, host); err != nil {
			return err
		}
	}
	samples["RunPodSandbox, host network"] = host["RunPodSandbox"]
	for name, values := range samples {
		b.figures[name+", ms"] = median(values)
	}
	return nil
}

// walk takes one pod from its start to its removal.
func (b *bench) walk(ctx context.Context, network cri.NamespaceMode, samples map[string][]float64) (pod string, err error) {
	timed := func(name string, call func() error) {
		if err != nil {
			return
		}
		start := time.Now()
		if err = call(); err != nil {
			err = fmt.Errorf("%s: %w", name, err)
		}
		samples[name] = append(samples[name], milliseconds(start))
	}
	config := b.pod(network)
	var id string
	begin := time.Now()
	timed("RunPodSandbox", func() (err error) { pod, err = b.runPod(ctx, config); return err })
	timed("CreateContainer", func() (err error) { id, err = b.create(ctx, pod, config, "echo started; exec sleep 1000"); return err })
	timed("StartContainer", func() error {
		_, err := b.runtime.StartContainer(ctx, &cri.StartContainerRequest{ContainerId: id})
		return err
	})
	if err == nil {
		last := len(samples["StartContainer"]) - 1
		samples["CreateContainer+StartContainer"] = append(samples["CreateContainer+StartContainer"],
			samples["CreateContainer"][last]+samples["StartContainer"][last])
		err = b.firstOutput(ctx, config)
		samples["pod and container to first output"] = append(samples["pod and container to first output"], milliseconds(begin))
	}
	timed("ExecSync true", func() error {
		reply, err := b.runtime.ExecSync(ctx, &cri.ExecSyncRequest{ContainerId: id, Cmd: []string{"true"}, Timeout: 10})
		if err == nil && reply.ExitCode != 0 {
			err = fmt.Errorf("exit code %d: %s", reply.ExitCode, reply.Stderr)
		}
		return err
	})
	timed("StopPodSandbox", func() error {
		_, err := b.runtime.StopPodSandbox(ctx, &cri.StopPodSandboxRequest{PodSandboxId: pod})
		return err
	})
	timed("RemovePodSandbox", func() error {
		_, err := b.runtime.RemovePodSandbox(ctx, &cri.RemovePodSandboxRequest{PodSandboxId: pod})
		return err
	})
	return pod, errors.Join(err, os.RemoveAll(config.LogDirectory))
}

// atOnce measures until the last of many pods, started together, has written its first line.
func (b *bench) atOnce(ctx context.Context, count int) error {
	var wait sync.WaitGroup
	var lock sync.Mutex
	var failures []error
	var pods []string
	configs := make([]*cri.PodSandboxConfig, count)
	for i := range configs {
		configs[i] = b.pod(cri.NamespaceMode_POD)
	}
	start := time.Now()
	for _, config := range configs {
		wait.Go(func() {
			pod, err := b.startOne(ctx, config)
			lock.Lock()
			defer lock.Unlock()
			if pod != "" {
				pods = append(pods, pod)
			}
			failures = append(failures, err)
		})
	}
	wait.Wait()
	b.figures[fmt.Sprintf("%d pods at once to all outputs, ms", count)] = milliseconds(start)
	b.figures[fmt.Sprintf("daemon RSS at %d pods, MiB", count)] = b.memory()
	start = time.Now()
	for _, pod := range pods {
		wait.Go(func() {
			_, err := b.runtime.RemovePodSandbox(ctx, &cri.RemovePodSandboxRequest{PodSandboxId: pod})
			lock.Lock()
			defer lock.Unlock()
			failures = append(failures, err)
		})
	}
	wait.Wait()
	b.figures[fmt.Sprintf("%d pods removed at once, ms", count)] = milliseconds(start)
	for _, config := range configs {
		failures = append(failures, os.RemoveAll(config.LogDirectory))
	}
	return errors.Join(failures...)
}

func (b *bench) startOne(ctx context.Context, config *cri.PodSandboxConfig) (string, error) {
	pod, err := b.runPod(ctx, config)
	if err != nil {
		return "", err
	}
	id, err := b.create(ctx, pod, config, "echo started; exec sleep 1000")
	if err != nil {
		return pod, err
	}
	if _, err := b.runtime.StartContainer(ctx, &cri.StartContainerRequest{ContainerId: id}); err != nil {
		return pod, err
	}
	return pod, b.firstOutput(ctx, config)
}

// pull measures a pull from nothing, several times.
func (b *bench) pull(ctx context.Context, name string) error {
	spec := &cri.ImageSpec{Image: name}
	var samples []float64
	for range max(3, b.rounds/10) {
		start := time.Now()
		if _, err := b.images.PullImage(ctx, &cri.PullImageRequest{Image: spec}); err != nil {
			return err
		}
		samples = append(samples, milliseconds(start))
		if _, err := b.images.RemoveImage(ctx, &cri.RemoveImageRequest{Image: spec}); err != nil {
			return err
		}
		// Removal may go on behind the call, and some keep content a moment for a pull that follows.
		time.Sleep(3 * time.Second)
	}
	b.figures["pull of four layers, ms"] = median(samples)
	b.figures["daemon RSS after pulls, MiB"] = b.memory()
	return nil
}

func (b *bench) pod(network cri.NamespaceMode) *cri.PodSandboxConfig {
	b.pods++
	name := fmt.Sprintf("bench-%d-%d", os.Getpid(), b.pods)
	config := &cri.PodSandboxConfig{
		Metadata:     &cri.PodSandboxMetadata{Name: name, Namespace: "bench", Uid: name},
		Hostname:     name,
		LogDirectory: filepath.Join(b.logs, name),
		Linux: &cri.LinuxPodSandboxConfig{SecurityContext: &cri.LinuxSandboxSecurityContext{
			NamespaceOptions: &cri.NamespaceOption{Network: network, Pid: cri.NamespaceMode_CONTAINER}}},
	}
	if network == cri.NamespaceMode_NODE {
		config.Hostname = ""
	}
	return config
}

func (b *bench) runPod(ctx context.Context, config *cri.PodSandboxConfig) (string, error) {
	// As a kubelet does.
	if err := os.MkdirAll(config.LogDirectory, 0o755); err != nil {
		return "", err
	}
	reply, err := b.runtime.RunPodSandbox(ctx, &cri.RunPodSandboxRequest{Config: config})
	if err != nil {
		return "", err
	}
	return reply.PodSandboxId, nil
}

func (b *bench) create(ctx context.Context, pod string, config *cri.PodSandboxConfig, script string) (string, error) {
	reply, err := b.runtime.CreateContainer(ctx, &cri.CreateContainerRequest{PodSandboxId: pod, SandboxConfig: config,
		Config: &cri.ContainerConfig{
			Metadata: &cri.ContainerMetadata{Name: "bench"},
			Image:    &cri.ImageSpec{Image: b.image},
			Command:  []string{"sh", "-c", script},
			LogPath:  "bench.log",
			Linux: &cri.LinuxContainerConfig{SecurityContext: &cri.LinuxContainerSecurityContext{
				NamespaceOptions: config.Linux.SecurityContext.NamespaceOptions}},
		}})
	if err != nil {
		return "", err
	}
	return reply.ContainerId, nil
}

// firstOutput waits for the log's first bytes.
func (b *bench) firstOutput(ctx context.Context, config *cri.PodSandboxConfig) error {
	log := filepath.Join(config.LogDirectory, "bench.log")
	for ctx.Err() == nil {
		if info, err := os.Stat(log); err == nil && info.Size() > 0 {
			return nil
		}
		time.Sleep(200 * time.Microsecond)
	}
	return fmt.Errorf("%s stays empty: %w", log, ctx.Err())
}

// memory is the server's resident set, in MiB.
func (b *bench) memory() float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kibibytes, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kibibytes / 1024
		}
	}
	return 0
}

func median(values []float64) float64 {
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 0 {
		return (values[middle-1] + values[middle]) / 2
	}
	return values[middle]
}

func milliseconds(since time.Time) float64 {
	return float64(time.Since(since).Microseconds()) / 1000
}
