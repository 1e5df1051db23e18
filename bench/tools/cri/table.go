package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// table prints the figures of one server, or of two beside each other with the second's ratio to the first.
func table(files []string) error {
	var names []string
	var figures []map[string]float64
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		one := map[string]float64{}
		if err := json.Unmarshal(text, &one); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		names = append(names, strings.TrimSuffix(filepath.Base(file), ".json"))
		figures = append(figures, one)
	}
	head := append([]string{"figure"}, names...)
	if len(files) == 2 {
		head = append(head, "ratio")
	}
	fmt.Printf("| %s |\n|---|%s\n", strings.Join(head, " | "), strings.Repeat("--:|", len(head)-1))
	last := figures[len(figures)-1]
	for _, name := range slices.Sorted(maps.Keys(last)) {
		row := []string{name}
		for _, one := range figures {
			row = append(row, fmt.Sprintf("%.1f", one[name]))
		}
		if len(figures) == 2 {
			row = append(row, fmt.Sprintf("%.2f", last[name]/figures[0][name]))
		}
		fmt.Printf("| %s |\n", strings.Join(row, " | "))
	}
	return nil
}
