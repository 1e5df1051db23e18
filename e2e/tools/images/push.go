package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"time"
)

const (
	typeManifest = "application/vnd.oci.image.manifest.v1+json"
	typeIndex    = "application/vnd.oci.image.index.v1+json"
	typeConfig   = "application/vnd.oci.image.config.v1+json"
)

type descriptor struct {
	MediaType string    `json:"mediaType"`
	Digest    string    `json:"digest"`
	Size      int64     `json:"size"`
	Platform  *platform `json:"platform,omitempty"`
}

type platform struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
}

// pusher speaks the distribution protocol to a registry without authentication.
type pusher struct {
	base   string
	client *http.Client
	where  map[string]string // blob to a repository that has it
}

func newPusher(base string) *pusher {
	return &pusher{base: base, client: &http.Client{Timeout: time.Minute}, where: map[string]string{}}
}

// image pushes an image and says what became of it.
func (p *pusher) image(image image, builder *layerBuilder) (published, error) {
	result := published{}
	for _, spec := range image.layers {
		layer := builder.get(layerKey{spec.name, runtime.GOARCH})
		result.Bytes += layer.size
		result.Entries += layer.entries
		result.DiffIDs = append(result.DiffIDs, layer.diffID)
	}
	manifest, text, err := p.platforms(image, builder)
	if err != nil {
		return result, err
	}
	result.Digest = manifest.Digest
	for _, tag := range image.tags {
		if err := p.manifest(image.repository, tag, manifest.MediaType, text); err != nil {
			return result, err
		}
	}
	return result, nil
}

// platforms pushes an image for all its architectures and makes what its tags lead to: a manifest, or an index of pushed ones.
func (p *pusher) platforms(image image, builder *layerBuilder) (descriptor, []byte, error) {
	var manifests []descriptor
	var texts [][]byte
	for _, architecture := range image.architectures() {
		var layers []*layer
		for _, spec := range image.layers {
			layers = append(layers, builder.get(layerKey{spec.name, architecture}))
		}
		manifest, text, err := p.platform(image, architecture, layers)
		if err != nil {
			return descriptor{}, nil, err
		}
		manifests, texts = append(manifests, manifest), append(texts, text)
	}
	if len(manifests) == 1 {
		return manifests[0], texts[0], nil
	}
	for i, text := range texts {
		if err := p.manifest(image.repository, manifests[i].Digest, typeManifest, text); err != nil {
			return descriptor{}, nil, err
		}
	}
	index, text := marshal(typeIndex, map[string]any{"schemaVersion": 2, "mediaType": typeIndex, "manifests": manifests})
	return index, text, nil
}

// platform pushes configuration and layers and makes the manifest.
func (p *pusher) platform(image image, architecture string, layers []*layer) (descriptor, []byte, error) {
	var diffs []string
	var blobs []descriptor
	for _, layer := range layers {
		diffs = append(diffs, layer.diffID)
		blobs = append(blobs, descriptor{MediaType: layer.mediaType, Digest: layer.digest, Size: layer.size})
		file, err := os.Open(layer.path)
		if err != nil {
			return descriptor{}, nil, err
		}
		err = p.blob(image.repository, layer.digest, layer.size, file)
		file.Close()
		if err != nil {
			return descriptor{}, nil, err
		}
	}
	config, text := marshal(typeConfig, map[string]any{
		"created": epoch, "architecture": architecture, "os": "linux", "config": image.config,
		"rootfs": map[string]any{"type": "layers", "diff_ids": diffs}})
	if err := p.blob(image.repository, config.Digest, config.Size, bytes.NewReader(text)); err != nil {
		return descriptor{}, nil, err
	}
	manifest, text := marshal(typeManifest, map[string]any{"schemaVersion": 2, "mediaType": typeManifest, "config": config, "layers": blobs})
	manifest.Platform = &platform{Architecture: architecture, OS: "linux"}
	return manifest, text, nil
}

func marshal(mediaType string, value any) (descriptor, []byte) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // maps and strings
	}
	sum := sha256.Sum256(text)
	return descriptor{MediaType: mediaType, Digest: "sha256:" + hex.EncodeToString(sum[:]), Size: int64(len(text))}, text
}

func (p *pusher) blob(repository, digest string, size int64, content io.Reader) error {
	from, known := p.where[digest]
	if known && from == repository {
		return nil
	}
	start := p.base + "/v2/" + repository + "/blobs/uploads/"
	if known {
		start += "?mount=" + url.QueryEscape(digest) + "&from=" + url.QueryEscape(from)
	}
	response, err := p.send(http.MethodPost, start, "", 0, nil)
	if err != nil {
		return err
	}
	if response.StatusCode == http.StatusAccepted {
		upload, err := response.Request.URL.Parse(response.Header.Get("Location"))
		if err != nil {
			return err
		}
		query := upload.Query()
		query.Set("digest", digest)
		upload.RawQuery = query.Encode()
		if response, err = p.send(http.MethodPut, upload.String(), "application/octet-stream", size, content); err != nil {
			return err
		}
	}
	if response.StatusCode != http.StatusCreated {
		return fmt.Errorf("push of blob %s: the registry says %s", digest, response.Status)
	}
	p.where[digest] = repository
	return nil
}

func (p *pusher) manifest(repository, reference, mediaType string, text []byte) error {
	response, err := p.send(http.MethodPut, p.base+"/v2/"+repository+"/manifests/"+reference, mediaType, int64(len(text)), bytes.NewReader(text))
	if err == nil && response.StatusCode != http.StatusCreated {
		err = fmt.Errorf("push of manifest %s: the registry says %s", reference, response.Status)
	}
	return err
}

func (p *pusher) send(method, address, mediaType string, size int64, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequest(method, address, body)
	if err != nil {
		return nil, err
	}
	request.ContentLength = size
	if mediaType != "" {
		request.Header.Set("Content-Type", mediaType)
	}
	response, err := p.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response, err
}
