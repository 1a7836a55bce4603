#!/usr/bin/perl
# SpamAssassin's Bayes alone, for accuracy.py. Arguments: a folder for its database. Standard input: lines "learn 0|1 PATH" and
# "judge NUMBER PATH"; a judged mail is answered with "NUMBER PROBABILITY".
use strict;
use warnings;
use Mail::SpamAssassin;
my $folder = shift;
my $rules = "body BAYES_ANY eval:check_bayes('0.00', '1.00')\n";
my $sa = Mail::SpamAssassin->new({
	config_text => "loadplugin Mail::SpamAssassin::Plugin::Bayes\nloadplugin Mail::SpamAssassin::Plugin::Check\n"
	  . "util_rb_tld com net org edu gov mil int biz info\nuse_bayes 1\nuse_bayes_rules 1\nbayes_path $folder/bayes\nbayes_auto_learn 0\nbayes_auto_expire 0\n"
	  . "bayes_min_ham_num 1\nbayes_min_spam_num 1\nbayes_expiry_max_db_size 5000000\n$rules" . "score BAYES_ANY 1\n",
	local_tests_only => 1, dont_copy_prefs => 1,
});
$sa->init(1);
my $learning = 0;
$| = 1;
while (my $line = <STDIN>) {
	chomp $line;
	my ($what, $number, $path) = split / /, $line, 3;
	open my $in, '<', $path or die "$path: $!";
	my @lines = <$in>;
	close $in;
	shift @lines if @lines && $lines[0] =~ /^From /;
	my $mail = $sa->parse(\@lines);
	if ($what eq 'learn') {
		$sa->init_learner({ wait_for_lock => 1 }) unless $learning++;
		my $status = $sa->learn($mail, undef, $number, 0);
		$status->finish;
	} else {
		if ($learning) { $sa->rebuild_learner_caches; $sa->finish_learner; $learning = 0; }
		my $status = $sa->check($mail);
		my $p = $status->{bayes_score};
		printf "%d %s\n", $number, defined $p ? $p : 0.5;
		$status->finish;
	}
	$mail->finish;
}
$sa->finish;
