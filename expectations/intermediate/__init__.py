"""What must still hold once countries, codes and shares are worked out."""
