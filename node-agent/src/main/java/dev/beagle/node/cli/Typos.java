package dev.beagle.node.cli;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/** What somebody meant who typed a command that there is not. */
final class Typos {
  private static final int MOST_SLIPS = 2;

  /** What neighbours of ours call it. */
  private static final Map<String, String> SYNONYMS =
      Map.of("kill", "stop", "inspect", "ps -o json", "start", "run", "delete", "rm");

  private Typos() {}

  /** The commands nearest to what was typed, none where all are further off than two slips. */
  static List<String> suggestions(String typed, Collection<String> commands) {
    String synonym = SYNONYMS.get(typed);
    if (synonym != null) {
      return List.of(synonym);
    }
    int nearest = commands.stream().mapToInt(command -> slips(typed, command)).min().orElse(0);
    return nearest > MOST_SLIPS
        ? List.of()
        : commands.stream()
            .filter(command -> slips(typed, command) == nearest)
            // else two letters would stand for any other two
            .filter(command -> nearest < command.length())
            .sorted()
            .toList();
  }

  /**
   * Letters left out, added, replaced, or swapped with their neighbour (Damerau-Levenshtein, each
   * place touched once).
   */
  static int slips(String typed, String meant) {
    int longer = Math.abs(typed.length() - meant.length());
    if (longer > MOST_SLIPS) {
      return longer; // too far anyway, and what was typed may be very long
    }
    int[][] cost = new int[typed.length() + 1][meant.length() + 1];
    for (int i = 0; i <= typed.length(); i++) {
      for (int j = 0; j <= meant.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        int replaced = typed.charAt(i - 1) == meant.charAt(j - 1) ? 0 : 1;
        cost[i][j] =
            Math.min(Math.min(cost[i - 1][j], cost[i][j - 1]) + 1, cost[i - 1][j - 1] + replaced);
        boolean swapped =
            i > 1
                && j > 1
                && typed.charAt(i - 1) == meant.charAt(j - 2)
                && typed.charAt(i - 2) == meant.charAt(j - 1);
        if (swapped) {
          cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
      }
    }
    return cost[typed.length()][meant.length()];
  }
}
