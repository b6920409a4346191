"""What each stage adds in the fictional world, whose truths are planted; on real papers: `report/bench/ablation`."""
