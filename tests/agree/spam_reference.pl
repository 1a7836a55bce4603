#!/usr/bin/perl
# What SpamAssassin (-L, without Bayes, Debian's rules and plugins) finds in mails, for agree_spam.py: one JSON
# file for each mail named on standard input, in the folder that is the first argument. The second is the number
# of processes. What was written by an earlier run is kept. Bytes are Latin-1 in there.
use strict;
use warnings;
use JSON::PP;
use Mail::SpamAssassin;

my ($folder, $processes) = @ARGV;
my $json = JSON::PP->new->latin1->canonical;

sub bytes { my $text = shift; return undef unless defined $text; utf8::encode($text) if utf8::is_utf8($text); return $text; }

# Which text each header rule of Debian's looks at, so that the texts can be compared one by one.
sub header_keys {
	my %keys;
	for my $file (glob('/usr/share/spamassassin/*.cf')) {
		open(my $in, '<:raw', $file) or die "$file: $!";
		while (<$in>) { $keys{$1} = 1 if /^\s*header\s+\S+\s+([A-Za-z][\w:-]*)\s+[=!]~/; }
	}
	return sort keys %keys;
}
my @keys = header_keys();

sub rules_of {
	my $sa = shift;
	my %rules;
	my $conf = $sa->{conf};
	for my $name (keys %{$conf->{scores}}) {
		my $type = $conf->{test_types}->{$name};
		$rules{$name} = {score => $conf->{scores}->{$name}, type => $type, tflags => $conf->{tflags}->{$name} || ''};
	}
	for my $kind (grep { /evals$/ } keys %$conf) {
		next unless ref $conf->{$kind} eq 'HASH';
		for my $priority (values %{$conf->{$kind}}) {
			next unless ref $priority eq 'HASH';
			while (my ($name, $call) = each %$priority) {
				next unless ref $call eq 'ARRAY';
				$rules{$name}->{eval} = $call->[0];
				$rules{$name}->{arguments} = [map { "$_" } ref $call->[1] ? @{$call->[1]} : ()];
				$rules{$name}->{kind} = $kind;
			}
		}
	}
	return \%rules;
}

sub read_mail {
	my $path = shift;
	local $/;
	open(my $file, '<:raw', $path) or die "$path: $!";
	return scalar <$file>;
}

sub look_at {
	my ($sa, $path) = @_;
	my $mail = $sa->parse(read_mail($path), 1);
	my $status = $sa->check($mail);
	my %found = (
		mail => $path,
		score => $status->get_score(),
		hits => {map { $status->{tests_already_hit}->{$_} ? ($_ => $status->{tests_already_hit}->{$_}) : () }
			keys %{$status->{tests_already_hit}}},
		body => [map { bytes($_) } @{$status->get_decoded_stripped_body_text_array()}],
		rawbody => [map { bytes($_) } @{$status->get_decoded_body_text_array()}],
		uris => [sort map { bytes($_) } $status->get_uri_list()],
		relays => {map { $_ => bytes($status->{"relays_${_}_str"}) } qw(trusted untrusted internal external)},
		unparseable => $status->{num_relays_unparseable},
		envelope => bytes(scalar $status->get('EnvelopeFrom', undef)),
		headers => {},
		html => [],
	);
	for my $key (@keys) {
		my @values = $status->get($key);
		next unless @values;
		$found{headers}->{$key} = bytes(join($values[0] =~ /\n\z/ ? '' : "\n", @values));
	}
	for my $html (@{$status->{html_all} || []}) {
		my %numbers = map { my $v = $html->{$_}; defined $v && !ref $v ? ($_ => bytes("$v")) : () } keys %$html;
		push @{$found{html}}, \%numbers;
	}
	$status->finish();
	$mail->finish();
	return \%found;
}

sub keep {
	my ($sa, $path, $name) = @_;
	my $found = eval { look_at($sa, $path) };
	unless ($found) { warn "$path: $@"; return; }
	open(my $out, '>:raw', "$folder/$name.tmp") or die "$folder: $!";
	print $out $json->encode($found);
	close($out) or die "$folder: $!";
	rename("$folder/$name.tmp", "$folder/$name.json") or die "$folder: $!";
}

# A process for each mail: one that has seen a mail keeps the patterns that it made of what it captured there.
sub work {
	my ($sa, @paths) = @_;
	for my $path (@paths) {
		(my $name = $path) =~ s{/}{%}g;
		next if -e "$folder/$name.json";
		my $child = fork() // die "fork: $!";
		unless ($child) { keep($sa, $path, $name); exit 0; }
		waitpid($child, 0);
	}
}

# SpamAssassin's FreeMail blanks addresses in the very text that other rules see. With WHOLE_TEXT set it gets
# a copy, so that what differs for that reason alone can be told from the rest.
if ($ENV{WHOLE_TEXT}) {
	no warnings 'redefine';
	my $text = \&Mail::SpamAssassin::PerMsgStatus::get_decoded_stripped_body_text_array;
	*Mail::SpamAssassin::PerMsgStatus::get_decoded_stripped_body_text_array = sub {
		my $lines = $text->(@_);
		return caller eq 'Mail::SpamAssassin::Plugin::FreeMail' ? [@$lines] : $lines;
	};
}

my $sa = Mail::SpamAssassin->new({local_tests_only => 1, dont_copy_prefs => 1, userprefs_filename => '/dev/null',
	post_config_text => "use_bayes 0\nuse_auto_welcomelist 0\n"});
$sa->compile_now(0, 0);
unless (-e "$folder/rules.json") {
	open(my $out, '>:raw', "$folder/rules.json") or die "$folder: $!";
	print $out $json->encode({rules => rules_of($sa), keys => \@keys});
	close($out);
}
chomp(my @paths = <STDIN>);
my @children;
for my $which (0 .. $processes - 1) {
	my $child = fork() // die "fork: $!";
	unless ($child) { work($sa, map { $paths[$_] } grep { $_ % $processes == $which } 0 .. $#paths); exit 0; }
	push @children, $child;
}
my $failed = 0;
for my $child (@children) { waitpid($child, 0); $failed ||= $?; }
exit($failed ? 1 : 0);
